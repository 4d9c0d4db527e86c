//! What every store must do. The cases know only the `Store` port; the lines at
//! the end name them once for each database.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

mod clocks;
mod commits;
mod deliveries;
mod documents;
mod facets;
mod idempotency;
mod jobs;
mod keys;
mod leases;
mod mails;
mod migrations;
mod postgres_nodes;
mod postgres_server;
mod request_log;
mod scopes;
mod search;
mod sqlite_file;
mod subscriptions;
mod tables;
mod timers;
mod world;

macro_rules! suite {
    ($($area:ident { $($case:ident)* })*) => {
        mod on_sqlite {
            $(mod $area {
                $(#[tokio::test]
                async fn $case() {
                    let file = crate::sqlite_file::TempFile::new();
                    let clock = crate::world::TestClock::new();
                    let store = file.open(&clock);
                    crate::$area::$case(&crate::world::World::new(&store, &clock)).await;
                })*
            })*
        }

        mod on_postgres {
            $(mod $area {
                $(#[tokio::test]
                async fn $case() {
                    let database = crate::postgres_server::Database::new();
                    let clock = crate::world::TestClock::new();
                    let store = database.node(&clock).await;
                    crate::$area::$case(&crate::world::World::new(&store, &clock)).await;
                })*
            })*
        }
    };
}

suite! {
    keys { keys_are_found_by_digest_until_deleted }
    clocks {
        a_moved_clock_moves_what_is_due
        new_work_is_due_by_the_moved_clock
        next_due_looks_at_documents_and_open_deliveries
    }
    commits {
        an_intent_comes_back_as_it_was_written
        a_stale_write_is_refused
        of_two_writers_exactly_one_wins
        a_refused_commit_leaves_nothing
        a_refused_commit_leaves_its_neighbours_alone
        a_refund_finds_its_intent
        many_commits_at_once_are_all_kept
        storage_answers
    }
    deliveries {
        an_event_is_delivered_to_whom_subscribes_to_it
        deliveries_of_an_intent_keep_their_order
        giving_up_lets_the_next_one_go
        a_delivery_that_was_given_up_is_tried_anew_when_it_is_restarted
        deliveries_that_are_over_are_made_again
        a_report_tells_the_whole_story
        a_busy_subscription_is_left_alone
        one_long_queue_does_not_hold_up_another
    }
    facets {
        a_listing_is_filtered_by_its_facets
        values_come_in_their_order
    }
    idempotency {
        a_key_is_claimed_and_completed
        a_key_is_stored_with_its_answer
        a_released_key_is_free_again
        answered_keys_are_forgotten_by_age
        many_keys_are_forgotten
    }
    jobs {
        a_claimed_document_is_nobody_elses
        whoever_writes_a_document_ends_its_job
        a_failed_job_waits_and_in_the_end_stays
        each_scope_has_its_turn
    }
    leases {
        a_claimed_delivery_is_nobody_elses
        a_retry_waits_for_its_time
        a_late_word_does_not_reopen_what_is_over
        a_retry_to_an_endpoint_that_is_back_is_due_now
        what_a_deleted_subscription_was_not_told_is_dropped
    }
    mails {
        mails_are_claimed_until_sent
        mails_are_listed_newest_first
        mail_waits_apart_from_other_documents_and_no_clock_for_it
        a_failed_mail_is_over_until_it_is_restarted
    }
    documents {
        a_record_comes_back_as_it_was_written
        records_change_and_go_by_version
        an_entry_of_the_audit_trail_neither_changes_nor_goes
        records_are_written_with_their_intent_or_not_at_all
        pages_of_records_go_both_ways
        records_are_found_by_owner_and_status
        due_records_follow_the_clock
        records_are_found_by_their_values
        records_with_several_values_of_a_range_are_listed_once
        records_are_read_by_their_ids
        a_unique_value_is_one_records_of_its_scope
        records_need_not_be_an_accounts
    }
    scopes {
        reads_do_not_cross_scopes
        work_does_not_cross_scopes
        writes_do_not_cross_scopes
    }
    search {
        pages_forward_are_stable_under_inserts
        pages_backward_are_stable_under_inserts
        dates_are_exact
        every_page_is_the_one_a_plain_list_gives
        a_page_is_cut_where_it_is_large
    }
    subscriptions {
        an_event_has_one_subscription
        a_subscription_changes_by_version
        a_deleted_subscription_frees_its_events
    }
    timers {
        an_intent_is_due_at_its_time_until_that_is_moved_or_cleared
        what_is_due_comes_earliest_first
        far_and_odd_moments_are_kept
    }
}
