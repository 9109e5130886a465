//! GUIDs of the controllers.

/// GUID of a controller, least significant byte first, as IPMI has it.
///
/// `serial` counts the parts that its place has seen. A UUID of version 8, which is for own kinds:
/// the same shelf has the same GUIDs each time, shelves with different seeds have others.
/// Source: RFC 9562 §5.8; IPMI v2.0 §20.8.
pub(crate) fn guid(seed: u64, (address, serial): (u8, u16)) -> [u8; 16] {
    let [high, low] = serial.to_be_bytes();
    let part = u64::from_be_bytes([0, 0, b'O', b'p', b'S', address, high, low]);
    let (seed_high, seed_low) = (seed >> 52, seed & ((1 << 52) - 1));
    let value = u128::from(part) << 80
        | 0x8 << 76
        | u128::from(seed_high) << 64
        | 0b10 << 62
        | u128::from(seed_low);
    value.to_le_bytes()
}

#[cfg(test)]
mod tests;
