//! A broker that grants a subscription against its access list, and then delivers nothing.

use crate::harness::images;

use super::{bench, one_window};

#[test]
fn a_run_without_any_reply_says_that_an_access_list_may_be_the_reason() {
    const SAYS: &str = "against its access list (ACL)";
    let silent = bench("no-reply@every=1");
    silent.run(&one_window(&silent), &images(2)).expect(75).says_once(SAYS);
    // Something comes from there, whatever it is.
    for rules in ["no-reply@request=1", "not-json", "foreign-instead"] {
        let heard = bench(rules);
        let ended = heard.run(&one_window(&heard), &images(2)).expect(75);
        assert!(!ended.stderr.contains(SAYS), "{rules}: {}", ended.stderr);
    }
}
