//! Handlers and parameters.

use crate::hpi_server::bed::Bed;
use crate::hpi_server::tests::SESSION;
use hpi_domain::{ALARMS_MAX, EVENT_LOG_MAX, EVENTS_WAITING_MAX, USER_ALARMS_MAX};
use hpi_model::HpiError;
use openhpi_wire::function::{
    Call, DomainInfoGet, EventLogInfoGet, GlobalParamGet, GlobalParamSet, HandlerCreate,
};
use openhpi_wire::types::{Characters, GlobalParam, HandlerConfig, HandlerConfigParam, List};

fn get(bed: &mut Bed, param: GlobalParam) -> GlobalParam {
    let session = SESSION;
    let call = Call::GlobalParamGet(GlobalParamGet { session, param });
    bed.call::<GlobalParamGet>(&call).unwrap()
}

fn set(bed: &mut Bed, param: GlobalParam) -> Result<(), i32> {
    let session = SESSION;
    let call = Call::GlobalParamSet(GlobalParamSet { session, param });
    bed.call::<GlobalParamSet>(&call)
}

fn most(count: usize) -> u32 {
    u32::try_from(count).unwrap()
}

// A limit is what is shown wherever it matters, up to what there is place for.
#[test]
fn limits_are_set_up_to_their_maximum() {
    let mut bed = Bed::new();
    type Limit = fn(u32) -> GlobalParam;
    let limits: [(Limit, u32); 4] = [
        (GlobalParam::EventQueueLimit, most(EVENTS_WAITING_MAX)),
        (GlobalParam::EventLogSizeLimit, EVENT_LOG_MAX),
        (
            GlobalParam::AlarmSizeLimit,
            most(ALARMS_MAX + USER_ALARMS_MAX),
        ),
        (GlobalParam::AlarmUserLimit, most(USER_ALARMS_MAX)),
    ];
    for (limit, most) in limits {
        assert_eq!(get(&mut bed, limit(0)), limit(most), "as it comes");
        let beyond = set(&mut bed, limit(most + 1));
        assert_eq!(beyond, Err(HpiError::UnsupportedParams.code()));
        assert_eq!(set(&mut bed, limit(7)), Ok(()));
        assert_eq!(get(&mut bed, limit(0)), limit(7));
    }
    let (session, resource) = (SESSION, u32::MAX);
    let call = Call::EventLogInfoGet(EventLogInfoGet { session, resource });
    assert_eq!(bed.call::<EventLogInfoGet>(&call).unwrap().size, 7);
    let call = Call::DomainInfoGet(DomainInfoGet { session });
    let info = bed.call::<DomainInfoGet>(&call).unwrap();
    assert_eq!(info.dat_user_alarm_limit, 7);
    for (limit, most) in limits {
        assert_eq!(set(&mut bed, limit(0)), Ok(()), "as much as there may be");
        assert_eq!(get(&mut bed, limit(0)), limit(most));
    }
}

#[test]
fn what_is_logged_is_a_severity() {
    let mut bed = Bed::new();
    let least = GlobalParam::LogOnSeverity;
    assert_eq!(get(&mut bed, least(0)), least(0xf0), "everything");
    assert_eq!(set(&mut bed, least(2)), Ok(()));
    assert_eq!(get(&mut bed, least(0)), least(2));
    assert_eq!(set(&mut bed, least(5)), Err(HpiError::InvalidParams.code()));
}

#[test]
fn what_a_file_or_the_log_decides_is_not_set() {
    let mut bed = Bed::new();
    let read_only = Err(HpiError::ReadOnly.code());
    for param in [
        GlobalParam::EventLogSave(false),
        GlobalParam::AlarmSave(true),
        GlobalParam::PluginPath(Characters(b"/".to_vec())),
        GlobalParam::VarPath(Characters(b"/".to_vec())),
        GlobalParam::ConfigFile(Characters(b"/".to_vec())),
    ] {
        assert_eq!(set(&mut bed, param.clone()), read_only, "{param:?}");
    }
    assert_eq!(
        get(&mut bed, GlobalParam::EventLogSave(false)),
        GlobalParam::EventLogSave(true)
    );
}

#[test]
fn no_handler_comes_beside_the_shelf_s() {
    let mut bed = Bed::new();
    let mut create = |params: &[(&str, &str)]| {
        let param = |(name, value): &(&str, &str)| HandlerConfigParam {
            name: Characters(name.as_bytes().to_vec()),
            value: Characters(value.as_bytes().to_vec()),
        };
        let params = List(params.iter().map(param).collect());
        let call = HandlerCreate {
            session: SESSION,
            config: HandlerConfig { params },
        };
        bed.call::<HandlerCreate>(&Call::HandlerCreate(call))
    };
    let cases: [(&[(&str, &str)], HpiError); 4] = [
        (&[], HpiError::InvalidParams),
        (&[("entity_root", "{RACK,1}")], HpiError::Error),
        (
            &[("plugin", "libipmidirect"), ("port", "623")],
            HpiError::Error,
        ),
        (
            &[("entity_root", "{RACK,1}"), ("plugin", "openshelf")],
            HpiError::Duplicate,
        ),
    ];
    for (params, code) in cases {
        assert_eq!(create(params), Err(code.code()), "{params:?}");
    }
}
