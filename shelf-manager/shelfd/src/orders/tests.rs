//! Names of administrative operations.

use super::operation_number;

/// One line for each operation. Source: `SaAmfAdminOperationIdT`, `SaClmAdminOperationIdT`,
/// `SaPlmAdminOperationIdT`.
const NUMBERS: &[(&str, &str, u64)] = &[
    ("SaAmfSU", "unlock", 1),
    ("SaAmfSU", "lock", 2),
    ("SaAmfSU", "lock-instantiation", 3),
    ("SaAmfSU", "unlock-instantiation", 4),
    ("SaAmfNode", "shutdown", 5),
    ("SaAmfComp", "restart", 6),
    ("SaAmfSI", "si-swap", 7),
    ("SaAmfSG", "sg-adjust", 8),
    ("SaAmfSU", "repaired", 9),
    ("SaAmfComp", "eam-start", 10),
    ("SaAmfComp", "eam-stop", 11),
    ("SaClmNode", "unlock", 1),
    ("SaClmNode", "lock", 2),
    ("SaClmNode", "shutdown", 3),
    ("SaPlmEE", "lock", 1),
    ("SaPlmEE", "unlock", 2),
    ("SaPlmEE", "lock-instantiation", 3),
    ("SaPlmEE", "unlock-instantiation", 4),
    ("SaPlmEE", "shutdown", 5),
    ("SaPlmHE", "repaired", 6),
    ("SaPlmEE", "restart", 7),
    ("SaPlmHE", "activate", 8),
    ("SaPlmHE", "deactivate", 9),
    ("SaPlmHE", "reset", 10),
    ("SaPlmHE", "removed", 11),
];

#[test]
fn each_operation_has_its_standards_number() {
    for (class, name, number) in NUMBERS {
        assert_eq!(
            operation_number(class, name),
            Some(*number),
            "{class} {name}"
        );
    }
}

// People write as the standard does, too.
#[test]
fn case_and_underscores() {
    assert_eq!(operation_number("SaAmfSU", "LOCK_INSTANTIATION"), Some(3));
    assert_eq!(operation_number("SaAmfSI", "Si_Swap"), Some(7));
}

#[test]
fn unknown_names_and_classes() {
    assert_eq!(operation_number("SaClmNode", "restart"), None);
    assert_eq!(operation_number("SaAmfSU", ""), None);
    assert_eq!(operation_number("SaSmfCampaign", "lock"), None);
    assert_eq!(operation_number("Sa", "lock"), None);
    assert_eq!(operation_number("", "lock"), None);
    assert_eq!(operation_number("Größe", "lock"), None);
}
