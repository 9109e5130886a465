//! Configurations as administrators write them, right and wrong.

use super::{Chassis, Config};

const LAN: &str = r#"
[chassis]
port = "lan"
address = "192.0.2.1:623"
user = "admin"
password = "secret"
"#;

fn refused(text: &str) -> String {
    toml::from_str::<Config>(text).unwrap_err().to_string()
}

// What is left out has the safe value: nobody listens, nobody may log in, no fall-back to MD5.
#[test]
fn defaults() {
    let config: Config = toml::from_str(LAN).unwrap();
    assert_eq!(config.listen.http, None);
    assert!(config.users.is_empty());
    assert!(config.model.files.is_empty());
    assert!(config.nodes.is_empty());
    let Chassis::Lan(lan) = config.chassis else {
        panic!("{:?}", config.chassis);
    };
    assert_eq!(lan.cipher_suites, [17, 3]);
    assert!(!lan.allow_ipmi_1_5);
}

// What is flattened into a table must not open it to any key.
#[test]
fn tls_is_a_part_of_listen_and_a_key_that_there_is_not_is_refused() {
    let listen = |keys: &str| format!("[listen]\n{keys}\n{LAN}");
    let text = listen("hpi_tls = \"127.0.0.1:4744\"\nhpi_certificate = \"a.pem\"");
    let config: Config = toml::from_str(&text).unwrap();
    let tls = config.listen.tls;
    assert_eq!(tls.hpi_tls.map(|address| address.port()), Some(4744));
    let tls = super::HpiTls::default().or(tls, "/etc/openshelf".as_ref());
    let file = tls.hpi_certificate.unwrap();
    assert_eq!(file.to_str(), Some("/etc/openshelf/a.pem"));
    let why = refused(&listen("hpi_tsl = \"127.0.0.1:4744\""));
    assert!(why.contains("hpi_tsl"), "{why}");
}

// Who is not said to be less is an administrator, as before there were levels.
#[test]
fn privileges() {
    let user = |more: &str| {
        let text = format!("{LAN}[[user]]\nname = \"a\"\npassword = \"b\"\n{more}");
        toml::from_str::<Config>(&text).map(|config| config.users[0].privilege.level())
    };
    assert_eq!(user("").ok(), Some(4));
    assert_eq!(user("privilege = \"user\"").ok(), Some(2));
    assert_eq!(user("privilege = \"operator\"").ok(), Some(3));
    let why = user("privilege = \"root\"").unwrap_err().to_string();
    assert!(why.contains("administrator"), "{why}");
}

// The order of cipher suites is the order of trying.
#[test]
fn cipher_suites() {
    let config: Config = toml::from_str(&format!("{LAN}cipher_suites = [3, 17]")).unwrap();
    assert!(matches!(config.chassis, Chassis::Lan(lan) if lan.cipher_suites == [3, 17]));
}

// The example that is shipped stays readable.
#[test]
fn shipped_example() {
    let text = include_str!("../../../../examples/ipmi_sim.toml");
    let config: Config = toml::from_str(text).unwrap();
    let names = config.nodes.iter().map(|node| node.name.0.value());
    let names: Vec<_> = names.collect();
    assert_eq!(names, ["blade1", "blade2", "blade3", "blade4"]);
}

#[test]
fn other_ports() {
    let vm = "[chassis]\nport = \"vm\"\naddress = \"127.0.0.1:9643\"";
    let config: Config = toml::from_str(vm).unwrap();
    assert!(matches!(config.chassis, Chassis::Vm { address } if address.port() == 9643));
    let simulated = "[chassis]\nport = \"simulated\"\nslots = [1, 2]";
    let config: Config = toml::from_str(simulated).unwrap();
    assert!(matches!(config.chassis, Chassis::Simulated { slots } if slots == [1, 2]));
}

// What an administrator must say of IPMB-0 is which devices it has; the example does.
#[test]
fn ipmb() {
    let text = include_str!("../../../../examples/ipmb.toml");
    let config: Config = toml::from_str(text).unwrap();
    let Chassis::Ipmb(ipmb) = config.chassis else {
        panic!("{:?}", config.chassis);
    };
    assert_eq!((ipmb.address, ipmb.controllers), (0x20, [0x10, 0x12]));
    assert_eq!(ipmb.buses[1].master.to_str(), Some("/dev/i2c-2"));
    assert_eq!(ipmb.shelf_fru, None);
    let no_bus = "[chassis]\nport = \"ipmb\"";
    assert!(refused(no_bus).contains("bus"));
    let no_master = text.replace("\nmaster = \"/dev/i2c-1\"", "");
    assert!(refused(&no_master).contains("master"));
}

/// One line for each mistake: what is added to a good file, and a word of the refusal.
const MISTAKES: &[(&str, &str)] = &[
    ("cipher_suits = [3]", "cipher_suits"),
    ("cipher_suites = [300]", "300"),
    ("allow_ipmi_1_5 = 1", "boolean"),
    ("[listen]\nhttp = \"localhost\"", "socket address"),
    ("[listen]\nhttps = \"127.0.0.1:1\"", "https"),
    ("[users]\nname = \"a\"", "users"),
    ("[[user]]\nname = \"a\"", "password"),
    ("[model]\nbin = \"bin\"", "files"),
    ("[[node]]\nname = \"blade1\"", "\"blade1\" is not a name"),
    ("[[node]]\nname = \"\"", "\"\" is not a name"),
    ("[[node]]\nname = \"a=b\"\nboot_ms = -1", "-1"),
];

// A mistake is named, never passed over.
#[test]
fn mistakes() {
    for (added, word) in MISTAKES {
        let why = refused(&format!("{LAN}{added}\n"));
        assert!(why.contains(word), "{added}: {why}");
    }
    assert!(refused("[chassis]\nport = \"parallel\"").contains("parallel"));
    let serial = "[chassis]\nport = \"serial\"\ndevice = \"/dev/ttyS0\"\n";
    assert!(refused(serial).contains("mode"));
    assert!(refused(&format!("{serial}mode = \"direct\"")).contains("direct"));
    let bad_address = LAN.replace("192.0.2.1:623", "192.0.2.1");
    assert!(refused(&bad_address).contains("socket address"));
}

// What fits into the file and not together is refused before anything starts, and says what to do.
#[test]
fn clusters() {
    let checked = |text: &str| toml::from_str::<Config>(text).unwrap().check();
    let why = |text: &str| checked(text).unwrap_err();
    assert!(why("").contains("[chassis] is missing"));
    assert_eq!(checked(LAN), Ok(()));
    let ring = "[cluster]\nengine = \"corosync\"\n";
    assert!(why(&format!("{ring}{LAN}")).contains("node = 1"));
    assert!(why(&format!("{ring}node = 1\n{LAN}")).contains("cmms = [1, 2]"));
    assert_eq!(
        checked(&format!("{ring}node = 1\ncmms = [1, 2]\n{LAN}")),
        Ok(())
    );
    let aside = "damaged_journal = \"set-aside\"\n";
    assert_eq!(
        checked(&format!("{ring}{aside}node = 1\ncmms = [1, 2]\n{LAN}")),
        Ok(())
    );
    for alone in ["[cluster]\n", &format!("{ring}node = 1\ncmms = [1]\n")] {
        assert!(why(&format!("{alone}{aside}{LAN}")).contains("there is none in cmms"));
    }
    let blade = "role = \"blade\"\n";
    assert!(why(&format!("{ring}{blade}{aside}node = 3\ncmms = [1, 2]")).contains("is for a CMM"));
    assert!(why(&format!("[cluster]\n{blade}")).contains("engine = \"corosync\""));
    assert_eq!(
        checked(&format!("{ring}{blade}node = 3\ncmms = [1, 2]")),
        Ok(())
    );
    assert!(why(&format!("{ring}{blade}{LAN}")).contains("[chassis] is for CMMs"));
    let shared = format!("{ring}node = 1\ncmms = [1, 2]\naddress = \"10.0.0.9/24\"\n{LAN}");
    let config: Config = toml::from_str(&shared).unwrap();
    let why = config.cluster.shared_address().unwrap_err();
    assert!(why.contains("interface = "), "{why}");
}
