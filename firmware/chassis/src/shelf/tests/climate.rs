//! Temperatures follow fans, inlet and payload.

use super::*;

#[test]
fn blades_follow_fans_and_inlet() {
    check(
        "\
# 210 W at normal fans are 20 °C above the inlet; slower fans cost six degrees more.
read 82 1
  Answer 00 [2d, c0, c0]
level 5a 4
  Answer 00 [00]
level 5c 4
  Answer 00 [00]
level 5e 4
  Answer 00 [00]
settle
read 82 1
  Answer 00 [33, c0, c0]
# The fans of the tray, and the air behind the blades.
read 5a 1
  Answer 00 [42, c0, c0]
read 5a 5
  Answer 00 [2a, c0, c0]
# Full fans.
level 5a 15
  Answer 00 [00]
level 5c 15
  Answer 00 [00]
level 5e 15
  Answer 00 [00]
settle
read 82 1
  Answer 00 [23, c0, c0]
# Hot air from outside crosses the first threshold of the blades.
inlet 60
settle
  Event 01 60 +[57, 46, 46]
  Event 01 62 +[57, 46, 46]
  Event 01 88 +[57, 46, 46]
  Event 01 86 +[57, 46, 46]
  Event 01 84 +[57, 46, 46]
  Event 01 10 +[57, 46, 46]
  Event 01 12 +[57, 46, 46]
  Event 01 82 +[57, 46, 46]
read 82 1
  Answer 00 [46, c0, c8]
",
    );
}

#[test]
fn a_missing_fan_tray_warms_its_zone() {
    check(
        "\
# A tray that is missing warms its own zone most: slot 1 hangs on tray 1.
pull t1
settle
read 82 1
  Answer 00 [38, c0, c0]
read 5a 1
  NoSuchController
insert t1
  Event f0 5a +[a1, 00, 00]
  Event f0 5a +[a2, 21, 00]
activate 5a
  Answer 00 [00]
  Event f0 5a +[a3, 12, 00]
settle
  Event f0 5a +[a4, 03, 00]
read 82 1
  Answer 00 [2d, c0, c0]
# Without any fans it gets hot.
pull t1
pull t2
pull t3
settle
  Event 01 86 +[57, 46, 46]
  Event 01 88 +[57, 48, 46]
  Event 01 84 +[57, 48, 46]
  Event 01 82 +[57, 49, 46]
  Event 01 88 +[59, 56, 55]
  Event 01 86 +[59, 55, 55]
  Event 01 84 +[59, 55, 55]
  Event 01 82 +[59, 55, 55]
  Event 01 88 +[5b, 5f, 5f]
  Event 01 86 +[5b, 5f, 5f]
  Event 01 84 +[5b, 5f, 5f]
  Event 01 82 +[5b, 5f, 5f]
read 82 1
  Answer 00 [5f, c0, f8]
",
    );
}

#[test]
fn a_blade_without_payload_gets_cold() {
    check(
        "\
# What draws nothing gets cold.
open 1
  Event f0 82 +[a5, 24, 00]
deactivate 82
  Answer 00 [00]
  Payload 1 false
  Event f0 82 +[a6, 15, 00]
wait
  Event f0 82 +[a1, 06, 00]
settle
read 82 1
  Answer 00 [1a, e0, c0]
read 82 4
  Answer 00 [00, c0, c0]
close 1
  Event f0 82 +[a2, 21, 00]
activate 82
  Answer 00 [00]
  Payload 1 true
  Event f0 82 +[a3, 12, 00]
wait
  Event f0 82 +[a4, 03, 00]
read 82 1
  Answer 00 [1a, c0, c0]
read 82 4
  Answer 00 [c8, c0, c0]
settle
read 82 1
  Answer 00 [2d, c0, c0]
",
    );
}

#[test]
fn hands_outlast_the_model() {
    check(
        "\
# Hands outlast the model, until they let go.
sensor 82 1 50
inlet 40
settle
read 82 1
  Answer 00 [32, c0, c0]
release 82 1
read 82 1
  Answer 00 [3c, c0, c0]
release 82 9
  NoSuchSensor
inlet 81
  OutOfRange
",
    );
}
