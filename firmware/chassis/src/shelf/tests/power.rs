//! Feeds and power modules.

use super::*;

#[test]
fn feeds_and_what_hangs_on_them() {
    check(
        "\
# One feed less: the other module carries on.
feed 1 a 0
  Event 02 60 +[50, 00, b4]
  Event 02 60 +[52, 00, aa]
read 60 1
  Answer 00 [00, c0, c3]
read 82 1
  Answer 00 [2d, c0, c0]
# Both feeds of the lower slots lost: what hangs on them is dark, the rest is not.
feed 2 a 30
  Event 02 62 +[50, 78, b4]
  Event 02 62 +[52, 78, aa]
  Payload 1 false
  Payload 2 false
  Payload 3 false
  Payload 4 false
read 82 1
  NoSuchController
read 5a 1
  Answer 00 [64, c0, c0]
# Handles move in the dark, too.
open 3
# Power comes back: the blades start from the beginning, and where the handle is open they stay.
feed 2 a 48
  Event 02 62 -[52, c0, aa]
  Event 02 62 -[50, c0, b4]
  Event f0 82 +[a1, 00, 00]
  Event f0 82 +[a2, 21, 00]
  Event f0 84 +[a1, 00, 00]
  Event f0 84 +[a2, 21, 00]
  Event f0 86 +[a1, 00, 00]
  Event f0 88 +[a1, 00, 00]
  Event f0 88 +[a2, 21, 00]
wait
activate 82
  Answer 00 [00]
  Payload 1 true
  Event f0 82 +[a3, 12, 00]
wait
  Event f0 82 +[a4, 03, 00]
read 82 1
  Answer 00 [2d, c0, c0]
feed 3 a 48
  NoSuchSlot
feed 1 a 64
  OutOfRange
",
    );
}

#[test]
fn handles_stay_where_they_are_without_power() {
    check(
        "\
# A handle that was open before power was lost is open when it comes back.
open 1
  Event f0 82 +[a5, 24, 00]
feed 1 a 0
  Event 02 60 +[50, 00, b4]
  Event 02 60 +[52, 00, aa]
feed 2 a 0
  Event 02 62 +[50, 00, b4]
  Event 02 62 +[52, 00, aa]
  Payload 1 false
  Payload 2 false
  Payload 3 false
  Payload 4 false
feed 2 a 48
  Event 02 62 -[52, c0, aa]
  Event 02 62 -[50, c0, b4]
  Event f0 82 +[a1, 00, 00]
  Event f0 84 +[a1, 00, 00]
  Event f0 84 +[a2, 21, 00]
  Event f0 86 +[a1, 00, 00]
  Event f0 86 +[a2, 21, 00]
  Event f0 88 +[a1, 00, 00]
  Event f0 88 +[a2, 21, 00]
",
    );
}

#[test]
fn either_power_module_carries_the_shelf() {
    check(
        "\
# Either module carries the shelf.
pull p1
read 60 1
  NoSuchController
read 82 1
  Answer 00 [2d, c0, c0]
# Both gone: nobody is left to be asked.
pull p2
  Payload 1 false
  Payload 2 false
  Payload 3 false
  Payload 4 false
  Down(Unreachable(\"no shelf manager has power\"))
read 82 1
  PortDown
managers
  PortDown
insert p1
  Up
  Event f0 10 +[a1, 00, 00]
  Event f0 10 +[a2, 21, 00]
  Event f0 12 +[a1, 00, 00]
  Event f0 12 +[a2, 21, 00]
  Event f0 5a +[a1, 00, 00]
  Event f0 5a +[a2, 21, 00]
  Event f0 5c +[a1, 00, 00]
  Event f0 5c +[a2, 21, 00]
  Event f0 5e +[a1, 00, 00]
  Event f0 5e +[a2, 21, 00]
  Event f0 60 +[a1, 00, 00]
  Event f0 60 +[a2, 21, 00]
  Event f0 82 +[a1, 00, 00]
  Event f0 82 +[a2, 21, 00]
  Event f0 84 +[a1, 00, 00]
  Event f0 84 +[a2, 21, 00]
  Event f0 86 +[a1, 00, 00]
  Event f0 86 +[a2, 21, 00]
  Event f0 88 +[a1, 00, 00]
  Event f0 88 +[a2, 21, 00]
read 82 0
  Answer 00 [00, c0, 04, 80]
pull p2
  Empty
",
    );
}
