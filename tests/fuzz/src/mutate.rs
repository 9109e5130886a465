//! One case becomes another.

use crate::random::Random;

/// Most changes at once.
const CHANGES_MAX: usize = 6;
/// Longest piece that is moved, inserted or taken away.
const PIECE_MAX: usize = 32;
/// Values at which lengths, counts and signs turn.
const EXTREMES: [u8; 12] = [
    0, 1, 2, 0x0f, 0x10, 0x3f, 0x40, 0x7f, 0x80, 0xc1, 0xfe, 0xff,
];

/// Changes `case` once or a few times; `others` lend their bytes.
pub(crate) fn mutate(
    random: &mut Random,
    case: &mut Vec<u8>,
    (others, len_max): (&[Vec<u8>], usize),
) {
    // Most often one change: several together are seldom better than the first of them.
    let changes = match random.below(3) {
        0 => 1 + random.below(CHANGES_MAX),
        _ => 1,
    };
    for _ in 0..changes {
        change(random, case, others);
    }
    case.truncate(len_max);
}

fn change(random: &mut Random, case: &mut Vec<u8>, others: &[Vec<u8>]) {
    if case.is_empty() {
        let len = 1 + random.below(PIECE_MAX);
        *case = random.bytes(len);
        return;
    }
    let at = random.below(case.len());
    let len = 1 + random.below(PIECE_MAX.min(case.len() - at));
    match random.below(12) {
        0 => case[at] ^= 1 << random.below(8),
        1 => case[at] = random.byte(),
        2 => case[at] = EXTREMES[random.below(EXTREMES.len())],
        3 => case[at] = case[at].wrapping_add(1 + random.below(4) as u8),
        4 => case[at] = case[at].wrapping_sub(1 + random.below(4) as u8),
        5 => {
            // A length of two or four bytes at an extreme.
            let extreme = EXTREMES[random.below(EXTREMES.len())];
            let width = [2, 4][random.below(2)];
            case.iter_mut()
                .skip(at)
                .take(width)
                .for_each(|byte| *byte = extreme);
        }
        6 => case.truncate(at),
        7 => drop(case.drain(at..at + len)),
        8 => {
            let piece = random.bytes(len);
            case.splice(at..at, piece);
        }
        9 => {
            let piece = case[at..at + len].to_vec();
            let to = random.below(case.len() + 1);
            case.splice(to..to, piece);
        }
        10 => {
            let len = 1 + random.below(PIECE_MAX);
            case.extend(random.bytes(len));
        }
        _ => splice(random, case, others),
    }
}

/// Goes on with the end of another case, or takes a piece of it in.
fn splice(random: &mut Random, case: &mut Vec<u8>, others: &[Vec<u8>]) {
    if others.is_empty() {
        return;
    }
    let other = &others[random.below(others.len())];
    if other.is_empty() {
        return;
    }
    let at = random.below(case.len());
    let from = random.below(other.len());
    if random.below(2) == 0 {
        case.truncate(at);
        case.extend_from_slice(&other[from..]);
    } else {
        let len = 1 + random.below(PIECE_MAX.min(other.len() - from));
        case.splice(at..at, other[from..from + len].iter().copied());
    }
}
