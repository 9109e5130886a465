use super::*;

const TABLE: &str = "\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0";

// The kernel prints addresses as numbers of this machine's byte order.
#[cfg(target_endian = "little")]
#[test]
fn routes_are_read() {
    let routes: Vec<Route> = TABLE.lines().filter_map(Route::parse).collect();
    assert_eq!(routes.len(), 3);
    let ours = Ipv4Addr::new(192, 168, 1, 7);
    let local: Vec<_> = routes.iter().filter(|route| route.reaches(ours)).collect();
    assert_eq!(local.len(), 1);
    assert_eq!(local[0].mask, Ipv4Addr::new(255, 255, 255, 0));
    let mut gateways = routes.iter().filter(|route| route.is_default(Some("eth0")));
    let gateway = gateways.next().map(|route| route.gateway);
    assert_eq!(gateway, Some(Ipv4Addr::new(192, 168, 1, 1)));
    assert!(!routes.iter().any(|route| route.is_default(Some("eth1"))));
    assert!(
        !routes
            .iter()
            .any(|route| route.reaches(Ipv4Addr::new(172, 16, 0, 1)))
    );
}

#[test]
fn hardware_addresses_are_read() {
    assert_eq!(
        parse_mac("02:42:ac:11:00:02\n"),
        Some([2, 0x42, 0xac, 0x11, 0, 2])
    );
    for bad in ["", "02:42", "02:42:ac:11:00:zz", "02:42:ac:11:00:02:03"] {
        assert_eq!(parse_mac(bad), None, "{bad}");
    }
}

// Where only this host listens there is no gateway, but there is a network.
#[test]
fn the_loopback_is_a_network_of_its_own() {
    let network = Network::of(([127, 0, 0, 1], 623).into());
    assert_eq!((network.address, network.port), ([127, 0, 0, 1], 623));
    assert_eq!((network.mask, network.gateway), ([255, 0, 0, 0], [0; 4]));
}
