//! Which parts an address has, by its country, and what they are called there. The
//! payment page asks by it, and the server checks what it is sent.

use tatami_core::payment_intent::Address;
use tatami_locale::Language;

use crate::countries::country;

/// Whether a part of an address is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Every address there has it.
    Required,
    /// Some have it.
    Optional,
    /// None has it.
    Absent,
}

impl Need {
    const fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
            Self::Absent => "absent",
        }
    }
}

/// What a part is called: a word for scripts, which names its texts too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(&'static str);

impl Label {
    pub(crate) fn name(self) -> &'static str {
        self.0
    }

    pub(crate) fn text(self, t: &'static Language) -> &'static str {
        t.get(&format!("part-{}", self.0))
    }

    /// What is said where it is missing.
    pub(crate) fn missing(self, t: &'static Language) -> &'static str {
        t.get(&format!("part-{}-required", self.0))
    }
}

const POSTCODE: Label = Label("postcode");
const POSTAL_CODE: Label = Label("postal");
const ZIP_CODE: Label = Label("zip");
const PIN_CODE: Label = Label("pin");
const EIRCODE: Label = Label("eircode");

const REGION: Label = Label("region");
const COUNTY: Label = Label("county");
const STATE: Label = Label("state");
const PROVINCE: Label = Label("province");
const PREFECTURE: Label = Label("prefecture");
const EMIRATE: Label = Label("emirate");
const ISLAND: Label = Label("island");

const TOWN: Label = Label("town");

/// What each part is called, wherever.
const TOWN_LABELS: &[Label] = &[TOWN];
const POSTCODE_LABELS: &[Label] = &[POSTCODE, POSTAL_CODE, ZIP_CODE, PIN_CODE, EIRCODE];
const STATE_LABELS: &[Label] = &[REGION, COUNTY, STATE, PROVINCE, PREFECTURE, EMIRATE, ISLAND];

/// Countries of which every address has a postcode.
const ALWAYS_POSTCODE: &str = "AS AT AU AX BE BL BR CA CH CN CZ DE DK EE ES FI FK FM FR GB GF GG \
    GL GP GR GS GU HU IM IN IO IT JE JP KR LI LT LU LV MF MH MP MQ MX MY NC NL NO NZ PF PL PM PN \
    PR PT PW RE RO RU SE SG SH SJ SK SM TC TR TW UA US VI WF YT ZA";

/// Countries that have no postcodes, or none that anybody uses. What is in neither
/// list has them, and many people do without.
const NO_POSTCODE: &str = "AE AG AO AW BF BI BJ BQ BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA \
    GD GM GQ GY HK JM KM ML MO MR NU QA RW SB SC SL SR ST SX SY TD TG TK TO TV VU YE ZW";

/// Countries of which some addresses have no town: they are one, or the region or
/// the lines say it.
const NO_TOWN: &str = "AE AG CO GI HK ID JP KY MO NR SG SM VA VG";

/// Countries where the postcode is written before the town.
const POSTCODE_FIRST: &str = "AM AR AT AX AZ BA BE BG BL CH CL CN CR CU CV CY CZ DE DK DO DZ EE EH \
    ES ET FI FO FR GE GF GL GN GP GR GT GW HR HT IL IS IT JP KW LA LI LR LT LU MA MC MD ME MF MG \
    MK MQ MX MY MZ NC NE NL NO PF PH PL PM PT PY RE RO RS SE SI SJ SK SM SN TN TR TW UY VA WF YT \
    ZM";

/// Countries of which every address names the part of the country.
const ALWAYS_STATE: &str = "AU CA US";

/// Countries of which addresses may name a part of the country, by what it is called.
const STATES: [(&Label, &str); 7] = [
    (&COUNTY, "EE GB IE TW"),
    (&STATE, "AS AU BR FM IN MH MP MX MY NG PW UM US VE VI"),
    (&PROVINCE, "AR CA CN CR CU ES ID IR IT KR PA PG PH TH TR VN"),
    (&PREFECTURE, "JP"),
    (&EMIRATE, "AE"),
    (&ISLAND, "BS CV KI KN KY PF SC TV"),
    (
        &REGION,
        "AM BB BY CC CL CO CX EG HK HM HN IQ JM KP KZ LT LV MN MZ NF NI NR PE RO RU SO SR SV UA \
         UY UZ",
    ),
];

/// A part of an address that not every country has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its field on the page.
    pub(crate) name: &'static str,
    /// What browsers call it.
    pub(crate) autocomplete: &'static str,
    /// The most characters that can be typed.
    pub(crate) longest: u8,
    pub(crate) need: Need,
    pub(crate) label: Label,
    /// What it is called in any country.
    pub(crate) labels: &'static [Label],
}

impl Part {
    pub(crate) fn is_required(&self) -> bool {
        self.need == Need::Required
    }

    pub(crate) fn is_absent(&self) -> bool {
        self.need == Need::Absent
    }
}

fn is_in(list: &str, alpha2: &str) -> bool {
    list.split_whitespace().any(|code| code == alpha2)
}

/// The parts of addresses of the country of that two-letter code, in the order in which
/// they are written there. The first line is asked for everywhere.
pub(crate) fn parts(alpha2: &str) -> [Part; 3] {
    let (town, postcode, state) = (town(alpha2), postcode(alpha2), state(alpha2));
    match is_in(POSTCODE_FIRST, alpha2) {
        true => [postcode, town, state],
        false => [town, state, postcode],
    }
}

fn town(alpha2: &str) -> Part {
    Part {
        name: "city",
        autocomplete: "address-level2",
        longest: 100,
        need: match is_in(NO_TOWN, alpha2) {
            true => Need::Optional,
            false => Need::Required,
        },
        label: TOWN,
        labels: TOWN_LABELS,
    }
}

fn postcode(alpha2: &str) -> Part {
    Part {
        name: "postcode",
        autocomplete: "postal-code",
        longest: 20,
        need: match (is_in(ALWAYS_POSTCODE, alpha2), is_in(NO_POSTCODE, alpha2)) {
            (true, _) => Need::Required,
            (_, true) => Need::Absent,
            (false, false) => Need::Optional,
        },
        label: match alpha2 {
            "IE" => EIRCODE,
            "IN" => PIN_CODE,
            "CA" => POSTAL_CODE,
            "AS" | "FM" | "GU" | "MH" | "MP" | "PR" | "PW" | "UM" | "US" | "VI" => ZIP_CODE,
            _ => POSTCODE,
        },
        labels: POSTCODE_LABELS,
    }
}

fn state(alpha2: &str) -> Part {
    let known = STATES.iter().find(|(_, list)| is_in(list, alpha2));
    Part {
        name: "state",
        autocomplete: "address-level1",
        longest: 100,
        need: match (known, is_in(ALWAYS_STATE, alpha2)) {
            (None, _) => Need::Absent,
            (Some(_), true) => Need::Required,
            (Some(_), false) => Need::Optional,
        },
        label: known.map_or(REGION, |(label, _)| **label),
        labels: STATE_LABELS,
    }
}

/// The parts for scripts: name, need and label of each.
pub(crate) fn words(alpha2: &str) -> String {
    let words =
        parts(alpha2).map(|part| [part.name, part.need.word(), part.label.name()].join(" "));
    words.join(" ")
}

/// Whether an address lacks a part that every address of its country has. Without
/// a country nothing is known of it.
pub(crate) fn is_incomplete(address: &Address) -> bool {
    let Some(country) = address.country_code.as_deref().and_then(country) else {
        return false;
    };
    let given = |part: &Part| match part.name {
        "city" => &address.city,
        "postcode" => &address.postcode,
        _ => &address.state,
    };
    let lacks = |part: Part| part.is_required() && given(&part).is_none();
    address.address1.is_none() || parts(country.alpha2).into_iter().any(lacks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::countries::COUNTRIES;

    fn address(code: &str, city: &str, state: &str, postcode: &str) -> Address {
        let part = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        Address {
            address1: part("1 High Street"),
            city: part(city),
            state: part(state),
            postcode: part(postcode),
            country_code: part(code),
            ..Address::default()
        }
    }

    #[test]
    fn every_list_names_countries_once() {
        let states: Vec<&str> = STATES.iter().map(|(_, list)| *list).collect();
        let states = states.join(" ");
        for list in [
            format!("{ALWAYS_POSTCODE} {NO_POSTCODE}"),
            NO_TOWN.to_owned(),
            POSTCODE_FIRST.to_owned(),
            states.clone(),
        ] {
            let mut seen = std::collections::BTreeSet::new();
            for code in list.split_whitespace() {
                assert!(COUNTRIES.iter().any(|c| c.alpha2 == code), "{code}");
                assert!(seen.insert(code), "{code} is there twice");
            }
        }
        for code in ALWAYS_STATE.split_whitespace() {
            assert!(is_in(&states, code), "{code}");
        }
    }

    #[test]
    fn what_is_asked_for_follows_the_country() {
        use Need::{Absent, Optional, Required};
        for (code, town, postcode, state) in [
            ("GB", Required, Required, Optional),
            ("US", Required, Required, Required),
            ("CA", Required, Required, Required),
            ("DE", Required, Required, Absent),
            ("FR", Required, Required, Absent),
            ("IE", Required, Optional, Optional),
            ("HK", Optional, Absent, Optional),
            ("AE", Optional, Absent, Optional),
            ("SG", Optional, Required, Absent),
            ("PA", Required, Optional, Optional),
            ("QA", Required, Absent, Absent),
        ] {
            let parts = parts(code);
            let need = |name| {
                parts
                    .iter()
                    .find(|part| part.name == name)
                    .map(|part| part.need)
            };
            let needs = ["city", "postcode", "state"].map(need);
            assert_eq!(needs, [town, postcode, state].map(Some), "{code}");
        }
    }

    #[test]
    fn the_order_follows_the_country() {
        for (code, order) in [
            ("GB", ["city", "state", "postcode"]),
            ("US", ["city", "state", "postcode"]),
            ("DE", ["postcode", "city", "state"]),
            ("FR", ["postcode", "city", "state"]),
        ] {
            assert_eq!(parts(code).map(|part| part.name), order, "{code}");
        }
    }

    #[test]
    fn labels_follow_the_country() {
        for (code, postcode, state) in [
            ("GB", "Postcode", "County"),
            ("US", "ZIP code", "State"),
            ("CA", "Postal code", "Province"),
            ("IE", "Eircode", "County"),
            ("IN", "PIN code", "State"),
            ("JP", "Postcode", "Prefecture"),
            ("AE", "Postcode", "Emirate"),
        ] {
            let parts = parts(code);
            let label = |name| {
                let part = parts.iter().find(|part| part.name == name);
                part.map(|part| part.label.text(Language::english()))
            };
            assert_eq!(
                [label("postcode"), label("state")],
                [Some(postcode), Some(state)],
                "{code}"
            );
        }
        for part in COUNTRIES.iter().flat_map(|country| parts(country.alpha2)) {
            assert!(part.labels.contains(&part.label), "{part:?}");
        }
    }

    #[test]
    fn an_address_is_complete_by_the_rule_of_its_country() {
        for (address, incomplete) in [
            (address("GB", "London", "", "N1 1AA"), false),
            (address("GB", "London", "", ""), true),
            (address("GB", "", "", "N1 1AA"), true),
            (address("US", "Austin", "TX", "78701"), false),
            (address("US", "Austin", "", "78701"), true),
            (address("HK", "Sha Tin", "", ""), false),
            (address("AE", "Dubai", "", ""), false),
            (address("AE", "", "Dubai", ""), false),
            (address("IE", "Cork", "", ""), false),
            (address("", "", "", ""), false),
        ] {
            assert_eq!(is_incomplete(&address), incomplete, "{address:?}");
        }
        let nowhere = Address {
            address1: None,
            ..address("HK", "Sha Tin", "", "")
        };
        assert!(is_incomplete(&nowhere));
    }
}
