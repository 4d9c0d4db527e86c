//! 2026-02-27, the newest: what everything inside is written in.

use super::Version;

pub(super) const VERSION: Version = Version {
    date: "2026-02-27",
    always_shows_secret: false,
    hides_canceled: true,
    upgrade: super::nothing_to_upgrade,
    changes: &[],
    excuses: super::nothing_excused,
};
