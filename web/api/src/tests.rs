//! The JSON is an interface: these texts are frozen.

use crate::*;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[track_caller]
fn frozen<T: Serialize + DeserializeOwned + PartialEq + core::fmt::Debug>(value: &T, json: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(json).unwrap(), value);
}

/// Scripts write requests by hand.
#[test]
fn requests() {
    frozen(&Request::Query(Query::Boards), r#"{"query":"boards"}"#);
    frozen(&Request::Query(Query::Alarms), r#"{"query":"alarms"}"#);
    frozen(
        &Request::Query(Query::Sel { last: Some(20) }),
        r#"{"query":{"sel":{"last":20}}}"#,
    );
    frozen(
        &Request::Query(Query::Fru {
            address: None,
            fru: None,
        }),
        r#"{"query":{"fru":{}}}"#,
    );
    frozen(
        &Request::Order(Order::OpenHandle { slot: 3 }),
        r#"{"order":{"open-handle":{"slot":3}}}"#,
    );
    frozen(
        &Request::Order(Order::DeactivateFru {
            address: 0x82,
            fru: 0,
        }),
        r#"{"order":{"deactivate-fru":{"address":130,"fru":0}}}"#,
    );
    frozen(&Request::Follow(Follow::default()), r#"{"follow":{}}"#);
}

/// An operation may be typed as a number or by name.
#[test]
fn admin_operations() {
    let order = |text: &str| Order::AdminOperation {
        dn: "safSu=SU1".into(),
        operation: AdminOperation::parse(text),
    };
    frozen(
        &order("1"),
        r#"{"admin-operation":{"dn":"safSu=SU1","operation":1}}"#,
    );
    frozen(
        &order("unlock"),
        r#"{"admin-operation":{"dn":"safSu=SU1","operation":"unlock"}}"#,
    );
}

/// Unknown questions are refused, not guessed.
#[test]
fn unknown_requests() {
    for json in [
        "{}",
        r#"{"query":"everything"}"#,
        r#"{"order":{"open-handle":{}}}"#,
        "[]",
        "7",
    ] {
        assert!(serde_json::from_str::<Request>(json).is_err(), "{json}");
    }
}

/// Programs tell answers apart by their key.
#[test]
fn answers() {
    frozen(
        &Answer::Outcome(Outcome::done("ok")),
        r#"{"outcome":{"done":{"text":"ok"}}}"#,
    );
    frozen(
        &Answer::Outcome(Outcome::refused(RefusalCode::InvalidState, "no blade")),
        r#"{"outcome":{"refused":{"code":"invalid-state","text":"no blade"}}}"#,
    );
    frozen(
        &Answer::Reply(Reply::Boards(Vec::new())),
        r#"{"reply":{"boards":[]}}"#,
    );
    let notice = Notice {
        sequence: 7,
        time_us: 8,
        change: Change::Lagged { missed: 9 },
    };
    frozen(
        &Answer::Notice(Box::new(notice)),
        r#"{"notice":{"sequence":7,"time_us":8,"change":{"lagged":{"missed":9}}}}"#,
    );
}

/// The keys of an alarm; one of a user has neither resource nor sensor.
#[test]
fn alarms() {
    let alarm = AlarmView {
        id: 7,
        time_us: 8,
        severity: Severity::Major,
        acknowledged: false,
        kind: AlarmKind::User,
        entity_path: "{RACK,1}".into(),
        resource: None,
        sensor: None,
        state: String::new(),
        name: "safApp=mine".into(),
        text: "too hot".into(),
    };
    let view = AlarmsView {
        alarms: vec![alarm],
        overflow: false,
    };
    frozen(
        &view,
        r#"{"alarms":[{"id":7,"time_us":8,"severity":"major","acknowledged":false,"kind":"user","entity_path":"{RACK,1}","resource":null,"sensor":null,"state":"","name":"safApp=mine","text":"too hot"}],"overflow":false}"#,
    );
    for kind in [
        AlarmKind::Sensor,
        AlarmKind::Resource,
        AlarmKind::Oem,
        AlarmKind::User,
    ] {
        let json = serde_json::to_value(kind).unwrap();
        assert_eq!(json, kind.word());
    }
}

/// The keys of a slot and of a sensor, which scripts and the console read.
#[test]
fn views() {
    let slot = SlotView {
        site: Site::Board,
        slot: 1,
        address: 0x82,
        fru: 0,
        present: true,
        name: "Blade".into(),
        state: "M4".into(),
        blue_led: BlueLed::LongBlink,
        handle: Handle::Closed,
        node: None,
    };
    frozen(
        &slot,
        r#"{"site":"board","slot":1,"address":130,"fru":0,"present":true,"name":"Blade","state":"M4","blue_led":"long-blink","handle":"closed","node":null}"#,
    );
    let sensor = SensorView {
        address: 0x82,
        lun: 0,
        number: 1,
        name: "CPU Temp".into(),
        kind: "temperature".into(),
        unit: "°C".into(),
        value: Some(Quantity::from_micro(41_500_000)),
        raw: Some(83),
        states: vec![],
        thresholds: ThresholdsView {
            upper_critical: Some(Quantity::from_micro(85_000_000)),
            ..ThresholdsView::default()
        },
        status: SensorStatus::Ok,
    };
    frozen(
        &sensor,
        r#"{"address":130,"lun":0,"number":1,"name":"CPU Temp","kind":"temperature","unit":"°C","value":{"value":"41.5","micro":41500000},"raw":83,"states":[],"thresholds":{"lower_non_recoverable":null,"lower_critical":null,"lower_non_critical":null,"upper_non_critical":null,"upper_critical":{"value":"85","micro":85000000},"upper_non_recoverable":null},"status":"ok"}"#,
    );
}

/// The keys of the cluster's members.
#[test]
fn members() {
    let member = MemberView {
        node: 2,
        cmm: true,
        state: MemberState::Standby,
        software: "1.2.3".into(),
        machines_oldest: Some(6),
        machines_newest: None,
        health: Some(vec!["it has no room on its disk".into()]),
        hosts: vec!["safAmfNode=cmm-2".into()],
    };
    let view = MembersView {
        node: 1,
        engine: "corosync".into(),
        standing: MemberStanding::CatchingUp,
        awaits: vec![],
        epoch: 3,
        index: 40,
        hash: "ab".into(),
        durable: 39,
        active: Some(1),
        line: None,
        stuck: None,
        spoilt: None,
        machines: 7,
        members: vec![member],
    };
    frozen(
        &Change::Members(Box::new(view)),
        r#"{"members":{"node":1,"engine":"corosync","standing":"catching-up","awaits":[],"epoch":3,"index":40,"hash":"ab","durable":39,"active":1,"line":null,"stuck":null,"spoilt":null,"machines":7,"members":[{"node":2,"cmm":true,"state":"standby","software":"1.2.3","machines_oldest":6,"machines_newest":null,"health":["it has no room on its disk"],"hosts":["safAmfNode=cmm-2"]}]}}"#,
    );
}

/// Decimals are exact, at the ends of the range too.
#[test]
fn decimals() {
    let cases = [
        (0, "0"),
        (1, "0.000001"),
        (-1, "-0.000001"),
        (-250_000, "-0.25"),
        (3_300_000, "3.3"),
        (23_000_000, "23"),
        (i64::MAX, "9223372036854.775807"),
        (i64::MIN, "-9223372036854.775808"),
    ];
    for (micro, text) in cases {
        assert_eq!(Quantity::from_micro(micro).value, text);
    }
}

#[track_caller]
fn same<T: Serialize>(value: T, word: &str) {
    let mut quoted = String::from("\"");
    quoted.push_str(word);
    quoted.push('"');
    assert_eq!(serde_json::to_string(&value).unwrap(), quoted);
}

/// `word` and JSON must not drift apart: hardware.
#[test]
fn hardware_words_are_the_json() {
    for number in 0..=0x0C {
        same(Site::from_number(number), Site::from_number(number).word());
    }
    for led in [
        BlueLed::Off,
        BlueLed::On,
        BlueLed::ShortBlink,
        BlueLed::LongBlink,
    ] {
        same(led, led.word());
    }
    for handle in [Handle::Unknown, Handle::Open, Handle::Closed] {
        same(handle, handle.word());
    }
    for status in [
        AreaStatus::Ok,
        AreaStatus::BadChecksum,
        AreaStatus::Truncated,
    ] {
        same(status, status.word());
    }
    use SensorStatus as S;
    for status in [S::Unavailable, S::Ok, S::Minor, S::Major, S::Critical] {
        same(status, status.word());
    }
}

/// `word` and JSON must not drift apart: the rest.
#[test]
fn other_words_are_the_json() {
    use Severity as S;
    for severity in [
        S::Critical,
        S::Major,
        S::Minor,
        S::Warning,
        S::Informational,
        S::Ok,
    ] {
        same(severity, severity.word());
    }
    for kind in [PlmKind::Hardware, PlmKind::Execution] {
        same(kind, kind.word());
    }
    use MemberState as M;
    for state in [M::Active, M::Standby, M::Follower, M::Away] {
        same(state, state.word());
    }
    use MemberStanding as T;
    for standing in [
        T::Forming,
        T::NotQuorate,
        T::Awaits,
        T::Superseded,
        T::CatchingUp,
        T::Primary,
    ] {
        same(standing, standing.word());
    }
    use RefusalCode as C;
    for code in [
        C::BadRequest,
        C::NotLoggedIn,
        C::NotPermitted,
        C::NotFound,
        C::InvalidState,
    ] {
        same(code, code.word());
    }
    same(C::MethodNotAllowed, C::MethodNotAllowed.word());
    for code in [
        C::NotSupported,
        C::TryAgain,
        C::TooLarge,
        C::TooMany,
        C::Timeout,
        C::Failed,
    ] {
        same(code, code.word());
    }
}
