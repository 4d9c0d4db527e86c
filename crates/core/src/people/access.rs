//! What users may do, and where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::AccountId;

/// What a user is to a company or to one of its locations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees payments, and changes nothing.
    Viewer,
    /// Answers customers: refunds and receipts.
    Support,
    /// Builds the integration: keys, webhooks, payments.
    Developer,
    /// Everything, people included.
    Owner,
}

/// What can be done in the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// See payments and what belongs to them.
    See,
    /// Pay back, and send receipts.
    Refund,
    /// Take payments, capture, reverse and cancel them.
    Operate,
    /// Keys, webhooks and what else an integration needs.
    Develop,
    /// Users and settings.
    Manage,
}

impl Right {
    pub const ALL: [Self; 5] = [
        Self::See,
        Self::Refund,
        Self::Operate,
        Self::Develop,
        Self::Manage,
    ];
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Support, Self::Developer, Self::Owner];

    /// The word for it in forms, on the command line and in storage.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Support => "support",
            Self::Developer => "developer",
            Self::Owner => "owner",
        }
    }

    /// Reads [`Role::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    pub const fn has(self, right: Right) -> bool {
        match right {
            Right::See => true,
            Right::Refund => matches!(self, Self::Support | Self::Developer | Self::Owner),
            Right::Operate | Right::Develop => matches!(self, Self::Developer | Self::Owner),
            Right::Manage => matches!(self, Self::Owner),
        }
    }
}

/// Where a user has which role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// At all locations of the company, those to come included.
    Everywhere(Role),
    /// At these locations.
    At(BTreeMap<AccountId, Role>),
}

impl Access {
    /// The role at a location of the user's company.
    pub fn at(&self, location: &AccountId) -> Option<Role> {
        match self {
            Self::Everywhere(role) => Some(*role),
            Self::At(roles) => roles.get(location).copied(),
        }
    }

    /// Whether it has a right over the whole company.
    pub fn everywhere(&self, right: Right) -> bool {
        matches!(self, Self::Everywhere(role) if role.has(right))
    }

    /// The role in a word, with the number of locations if they are not all.
    pub fn in_words(&self) -> String {
        match self {
            Self::Everywhere(role) => role.word().to_owned(),
            Self::At(roles) => {
                let mut words: Vec<_> = roles.values().map(|role| role.word()).collect();
                words.sort_unstable();
                words.dedup();
                let places = if roles.len() == 1 {
                    "location"
                } else {
                    "locations"
                };
                format!("{} at {} {places}", words.join(", "), roles.len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_rights() {
        use Right::{Develop, Manage, Operate, Refund, See};
        for (role, rights) in [
            (Role::Viewer, &[See][..]),
            (Role::Support, &[See, Refund]),
            (Role::Developer, &[See, Refund, Operate, Develop]),
            (Role::Owner, &[See, Refund, Operate, Develop, Manage]),
        ] {
            for right in Right::ALL {
                assert_eq!(
                    role.has(right),
                    rights.contains(&right),
                    "{role:?} {right:?}"
                );
            }
            assert_eq!(Role::from_word(role.word()), Some(role));
        }
    }

    #[test]
    fn a_role_at_some_locations_is_none_elsewhere_and_none_over_the_company() {
        let here = AccountId::parse("acc_RBMHTJ4fIkmSppDILZVCGw").expect("an id");
        let there = AccountId::parse("acc_RBMHTJ4fIkmSppDILZVCGx").expect("an id");
        let some = Access::At(BTreeMap::from([(here.clone(), Role::Owner)]));
        assert_eq!((some.at(&here), some.at(&there)), (Some(Role::Owner), None));
        assert!(!some.everywhere(Right::See));
        assert_eq!(some.in_words(), "owner at 1 location");
        let all = Access::Everywhere(Role::Support);
        assert_eq!(all.at(&there), Some(Role::Support));
        assert!(all.everywhere(Right::Refund) && !all.everywhere(Right::Manage));
        for access in [some, all] {
            let text = serde_json::to_string(&access).expect("JSON");
            assert_eq!(
                serde_json::from_str::<Access>(&text).expect("the same"),
                access
            );
        }
    }
}
