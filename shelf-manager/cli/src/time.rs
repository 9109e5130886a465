//! Times for people, in UTC.

/// `2026-01-31 23:59:59.123456`.
pub(crate) fn from_us(time_us: u64) -> String {
    format!("{}.{:06}", from_s(time_us / 1_000_000), time_us % 1_000_000)
}

/// `2026-01-31 23:59:59`.
pub(crate) fn from_s(time_s: u64) -> String {
    let (year, month, day) = date(time_s / 86_400);
    let second = time_s % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// `3 d 4 h`, `4 h 5 min`, `5 min 6 s` or `6 s`.
pub(crate) fn span(span_ms: u64) -> String {
    let seconds = span_ms / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar.
///
/// Years count from March 1st here, so that the leap day comes last; an era of 400 years has
/// 146,097 days, and
/// day 0 is 719,468 days after the era of year 0 began.
fn date(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (
        era * 400 + year + u64::from(month <= 2),
        month,
        day_of_month,
    )
}
