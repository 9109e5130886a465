//! The views that the mock begins with.

use web_api::{
    AmfComponentView, AmfNodeView, AmfView, ApplicationView, AssignmentView, BlueLed, ClmNodeView,
    ClmView, Handle, MemberStanding, MemberState, MemberView, MembersView, PlmElementView, PlmKind,
    PlmView, Quantity, SensorStatus, SensorView, ServiceGroupView, ServiceInstanceView,
    ServiceUnitView, Site, SlotView, StatusView, ThresholdsView,
};

/// Nodes of the CMMs come first, then those of the blades.
pub(crate) const CMMS: u32 = 2;

pub(crate) fn status() -> StatusView {
    StatusView {
        version: env!("CARGO_PKG_VERSION").into(),
        role: "cmm".into(),
        demo: true,
        log_index: 4821,
        log_durable: 4819,
        port_kind: "simulated".into(),
        port_state: "ready".into(),
        ..StatusView::default()
    }
}

/// Two CMMs and the blades in slots 1 to 3.
pub(crate) fn members() -> MembersView {
    let member = |(node, cmm), state, health: Option<&[&str]>| MemberView {
        node,
        cmm,
        state,
        software: env!("CARGO_PKG_VERSION").into(),
        machines_oldest: Some(6),
        machines_newest: Some(if cmm { 7 } else { 6 }),
        health: health.map(|it| it.iter().map(ToString::to_string).collect()),
        hosts: match cmm {
            true => vec![],
            false => vec![format!(
                "safAmfNode=blade-{},safAmfCluster=openshelf",
                node - CMMS
            )],
        },
    };
    let mut members = vec![
        member((1, true), MemberState::Active, Some(&[])),
        member(
            (2, true),
            MemberState::Standby,
            Some(&[
                "its disk is nearly full",
                "it cannot have the shared address",
            ]),
        ),
    ];
    let blades = (1..=3).map(|blade| member((CMMS + blade, false), MemberState::Follower, None));
    members.extend(blades);
    MembersView {
        node: 1,
        engine: "corosync".into(),
        standing: MemberStanding::Primary,
        epoch: 3,
        active: Some(1),
        line: Some(1),
        machines: 6,
        members,
        ..MembersView::default()
    }
}

pub(crate) fn slots() -> Vec<SlotView> {
    let states = [
        "M4", "M4", "M4", "M0", "M1", "M2", "M3", "M5", "M6", "M7", "M4", "M0", "M0", "M4",
    ];
    let mut slots = Vec::new();
    for (number, state) in (1..).zip(states) {
        let mut slot = place((Site::Board, number), 0x80 + 2 * number, state);
        slot.node = (number < 4 || number == 8)
            .then(|| format!("safAmfNode=blade-{number},safAmfCluster=openshelf"));
        slots.push(slot);
    }
    for number in 1..=2 {
        slots.push(place((Site::ShelfManager, number), 0x0E + 2 * number, "M4"));
    }
    for number in 1..=3 {
        slots.push(place((Site::FanTray, number), 0x58 + 2 * number, "M4"));
    }
    for number in 1..=4 {
        let state = if number == 4 { "M0" } else { "M4" };
        slots.push(place((Site::PowerModule, number), 0x60 + 2 * number, state));
    }
    slots
}

fn place((site, slot): (Site, u8), address: u8, state: &str) -> SlotView {
    let names = [
        (Site::ShelfManager, "ShMM-OS"),
        (Site::FanTray, "FT-9"),
        (Site::PowerModule, "PEM-48V"),
    ];
    let name = names
        .iter()
        .find(|(of, _)| *of == site)
        .map_or("CPU blade B2", |(_, name)| name);
    SlotView {
        site,
        slot,
        address,
        fru: 0,
        present: state != "M0",
        name: name.into(),
        state: state.into(),
        blue_led: match state {
            "M1" => BlueLed::On,
            "M2" => BlueLed::LongBlink,
            "M5" | "M6" => BlueLed::ShortBlink,
            _ => BlueLed::Off,
        },
        handle: match (site, state) {
            (Site::Board, "M1" | "M5" | "M6") => Handle::Open,
            (Site::Board, "M0") => Handle::Unknown,
            (Site::Board, _) => Handle::Closed,
            _ => Handle::Unknown,
        },
        node: None,
    }
}

pub(crate) fn sensors(slot: &SlotView) -> Vec<SensorView> {
    let q = Quantity::from_micro;
    let hot = ThresholdsView {
        upper_non_critical: Some(q(70_000_000)),
        upper_critical: Some(q(80_000_000)),
        upper_non_recoverable: Some(q(90_000_000)),
        ..ThresholdsView::default()
    };
    let rail = ThresholdsView {
        lower_critical: Some(q(11_400_000)),
        lower_non_critical: Some(q(11_600_000)),
        upper_non_critical: Some(q(12_400_000)),
        upper_critical: Some(q(12_600_000)),
        ..ThresholdsView::default()
    };
    let swap = ThresholdsView::default();
    let is_hot = slot.address == 0x84;
    let mut list = vec![
        sensor(slot, 0, ("FRU Hot Swap", "", None, swap)),
        sensor(
            slot,
            1,
            (
                "CPU Temp",
                "°C",
                Some(if is_hot { 74_500_000 } else { 47_000_000 }),
                hot,
            ),
        ),
        sensor(slot, 2, ("+12 V", "V", Some(12_060_000), rail)),
    ];
    list[0].states = vec![slot.state.clone()];
    if is_hot {
        list[1].status = SensorStatus::Minor;
    }
    list
}

type Row<'a> = (&'a str, &'a str, Option<i64>, ThresholdsView);

fn sensor(slot: &SlotView, number: u8, (name, unit, micro, thresholds): Row<'_>) -> SensorView {
    SensorView {
        address: slot.address,
        lun: 0,
        number,
        name: name.into(),
        kind: String::new(),
        unit: unit.into(),
        value: micro.map(Quantity::from_micro),
        raw: Some(1),
        states: Vec::new(),
        thresholds,
        status: SensorStatus::Ok,
    }
}

pub(crate) fn amf() -> AmfView {
    let sg = "safSg=Counter,safApp=Counter";
    let si = format!("safSi=Counter,{}", "safApp=Counter");
    let units: Vec<ServiceUnitView> = (1..=2).map(|number| unit(number, sg)).collect();
    let assignments = [(0, "ACTIVE"), (1, "STANDBY")].map(|(index, state): (usize, &str)| {
        let su = units[index].dn.clone();
        AssignmentView {
            su,
            si: si.clone(),
            ha_state: state.into(),
            pending: false,
        }
    });
    let instance = ServiceInstanceView {
        dn: si.clone(),
        name: "Counter".into(),
        rank: 1,
        admin_state: "UNLOCKED".into(),
        assignment_state: "FULLY-ASSIGNED".into(),
    };
    let group = ServiceGroupView {
        dn: sg.into(),
        name: "Counter".into(),
        redundancy_model: "2N".into(),
        admin_state: "UNLOCKED".into(),
        service_units: units,
        service_instances: vec![instance],
        assignments: assignments.into(),
    };
    let application = ApplicationView {
        dn: "safApp=Counter".into(),
        name: "Counter".into(),
        admin_state: "UNLOCKED".into(),
        service_groups: vec![group],
    };
    let nodes = (1..=3).map(|number| AmfNodeView {
        dn: format!("safAmfNode=blade-{number},safAmfCluster=openshelf"),
        name: format!("blade-{number}"),
        clm_node: None,
        admin_state: "UNLOCKED".into(),
        operational_state: "ENABLED".into(),
    });
    AmfView {
        applications: vec![application],
        nodes: nodes.collect(),
    }
}

fn unit(number: u32, sg: &str) -> ServiceUnitView {
    let dn = format!("safSu=SU{number},{sg}");
    let component = AmfComponentView {
        dn: format!("safComp=counter,{dn}"),
        name: "counter".into(),
        operational_state: "ENABLED".into(),
        presence_state: "INSTANTIATED".into(),
        readiness_state: "IN-SERVICE".into(),
        restart_count: number - 1,
        assignments: Vec::new(),
    };
    ServiceUnitView {
        dn,
        name: format!("SU{number}"),
        rank: number,
        node: Some(format!("safAmfNode=blade-{number},safAmfCluster=openshelf")),
        admin_state: "UNLOCKED".into(),
        operational_state: "ENABLED".into(),
        presence_state: "INSTANTIATED".into(),
        readiness_state: "IN-SERVICE".into(),
        components: vec![component],
    }
}

pub(crate) fn clm() -> ClmView {
    let nodes = (1..=4).map(|number| ClmNodeView {
        dn: format!("safNode=blade-{number},safCluster=openshelf"),
        name: format!("blade-{number}"),
        node_id: 0x2000 + number,
        member: number < 4,
        admin_state: "UNLOCKED".into(),
        initial_view: u64::from(number),
        ee: None,
    });
    ClmView {
        cluster: "safCluster=openshelf".into(),
        view: 3,
        nodes: nodes.collect(),
    }
}

pub(crate) fn plm() -> PlmView {
    let element = |name: &str, parent: Option<&str>, kind: PlmKind| PlmElementView {
        dn: format!("safHE={name}"),
        name: name.into(),
        parent: parent.map(|parent| format!("safHE={parent}")),
        kind,
        admin_state: "UNLOCKED".into(),
        operational_state: "ENABLED".into(),
        presence_state: if kind == PlmKind::Hardware {
            "ACTIVE"
        } else {
            "INSTANTIATED"
        }
        .into(),
        readiness_state: "IN-SERVICE".into(),
        readiness_flags: Vec::new(),
        entity_path: Some(format!("{{SYSTEM_CHASSIS,1}}{{{name}}}")),
    };
    let mut elements = vec![element("shelf", None, PlmKind::Hardware)];
    for number in 1..=4 {
        let blade = format!("slot-{number}");
        elements.push(element(&blade, Some("shelf"), PlmKind::Hardware));
        elements.push(element(
            &format!("linux-{number}"),
            Some(&blade),
            PlmKind::Execution,
        ));
    }
    PlmView { elements }
}
