//! From the path and the query string of a GET to a [`Query`].

use std::collections::BTreeMap;
use std::str::FromStr;
use web_api::{Query, Refusal, RefusalCode};

/// The question that `/api/v1/NAME?PARAMETERS` asks.
///
/// A parameter that the question does not know is refused, so that a typing error does not widen
/// it.
pub(super) fn query(name: &str, mut given: BTreeMap<String, String>) -> Result<Query, Refusal> {
    let given = &mut given;
    let query = match name {
        "snapshot" => Query::Snapshot,
        "shelf" => Query::Shelf,
        "boards" => Query::Boards,
        "fru" => Query::Fru {
            address: byte(given, "address")?,
            fru: byte(given, "fru")?,
        },
        "sensors" => Query::Sensors {
            address: byte(given, "address")?,
        },
        "sel" => Query::Sel {
            last: number(given, "last")?,
        },
        "alarms" => Query::Alarms,
        "events" => Query::Events {
            since: number(given, "since")?,
        },
        "amf" => Query::Amf,
        "clm" => Query::Clm,
        "plm" => Query::Plm,
        "imm" => Query::Imm {
            dn: given.remove("dn"),
            class: given.remove("class"),
        },
        "members" => Query::Members,
        "status" => Query::Status,
        _ => {
            let text = format!("there is no /api/v1/{name}");
            return Err(Refusal::new(RefusalCode::NotFound, text));
        }
    };
    match given.keys().next() {
        Some(unknown) => Err(bad(format!("{name} knows no parameter \"{unknown}\""))),
        None => Ok(query),
    }
}

fn number<T: FromStr>(
    given: &mut BTreeMap<String, String>,
    name: &str,
) -> Result<Option<T>, Refusal> {
    let Some(text) = given.remove(name) else {
        return Ok(None);
    };
    text.parse()
        .map(Some)
        .map_err(|_| bad(format!("{name}: \"{text}\" is not a number")))
}

/// A byte, in decimal or with `0x`, as IPMB addresses are written.
fn byte(given: &mut BTreeMap<String, String>, name: &str) -> Result<Option<u8>, Refusal> {
    let Some(text) = given.remove(name) else {
        return Ok(None);
    };
    let value = match text.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16),
        None => text.parse(),
    };
    value
        .map(Some)
        .map_err(|_| bad(format!("{name}: \"{text}\" is not a byte")))
}

fn bad(text: String) -> Refusal {
    Refusal::new(RefusalCode::BadRequest, text)
}
