//! Replies that come one after the other to one request.

use serde_json::{Value, json};

use super::{Ledger, ReplyKind, State};
use crate::signing::{
    Context, Image, Items, Key, Operation, RawReply, ReplyBody, RequestId, Stamp, TaskId, Verdict,
    claim, samples,
};

/// Which images each signed claim of a reply is for, and its value.
type Signed<'a> = &'a [(usize, &'a str)];

struct Bench {
    ledger: Ledger,
    images: Vec<Image>,
}

impl Bench {
    /// The ledger of one request: for one image, or for a batch of several.
    fn new(count: usize) -> Self {
        let image = |index| Image::new(format!("sha256:{index:064x}"), format!("r/ns/a:{index}"));
        let images: Vec<_> = (0..count).map(|index| image(index).unwrap()).collect();
        let key = Key::named("K", "k").unwrap();
        let items = Items::Images(images.clone());
        let operation = Operation::new(TaskId::new("7").unwrap(), vec![key], items).unwrap();
        let context = Context {
            chunk_size: std::num::NonZero::new(count).filter(|_| count > 1),
            ..samples::CONTEXT
        };
        let mut stamp = || Stamp { request_id: RequestId::of_text("id"), created: "now".into() };
        let ledger = Ledger::new(&operation, &context, &mut stamp, "request_id").unwrap();
        let mut bench = Self { ledger, images };
        bench.ledger.begin_cycle(|_| false);
        bench.ledger.sent(0);
        bench
    }

    fn reply(&mut self, mut message: Value) -> ReplyKind {
        message["request_id"] = "id".into();
        let body = ReplyBody::Bytes(json!({"msg": message}).to_string().into());
        self.ledger.reply(RawReply { body, properties: None })
    }

    fn signed(&mut self, signed: Signed<'_>, mut message: Value) -> ReplyKind {
        let claim = |&(image, value): &(usize, &str)| json!({"claim_file": claim::claim_file(&self.images[image]), "signed_claims": {"k": value}});
        message["claims"] = signed.iter().map(claim).collect();
        self.reply(message)
    }

    fn verdict(&self) -> Option<&Verdict> {
        self.ledger.entries()[0].reply().map(|reply| &reply.verdict)
    }

    fn values(&self) -> Vec<String> {
        let values = self.ledger.entries()[0].signed_values();
        values.iter().map(|value| value.as_str().to_owned()).collect()
    }

    fn message(&self) -> Value {
        let document = &self.ledger.entries()[0].reply().unwrap().document;
        serde_json::from_str::<Value>(document).unwrap()[0]["msg"].clone()
    }

    fn is_open(&self) -> bool {
        self.ledger.open() == 1
    }

    /// Whether the next cycle would send it again.
    fn is_sent_again(&mut self) -> bool {
        self.ledger.begin_cycle(|_| false);
        self.ledger.has_unsent()
    }
}

use ReplyKind::{Expected, Repeated};

const A: &str = "QQ==";
const B: &str = "Qg==";
const C: &str = "Qw==";

/// It is printed if nothing else comes, and sent again by the next cycle.
#[test]
fn not_yet_is_no_answer() {
    let mut bench = Bench::new(1);
    let not_yet = || json!({"signing_status": "in progress", "signed_claim": A});
    assert_eq!((bench.reply(not_yet()), bench.reply(not_yet())), (Expected, Repeated));
    let pending = Verdict::Pending { status: "signing_status is in progress".to_owned() };
    assert_eq!((bench.verdict(), bench.values()), (Some(&pending), vec![String::new()]));
    assert_eq!(bench.ledger.entries()[0].state(), &State::Accepted);
    bench.ledger.end_waits();
    assert!(bench.is_open() && !bench.ledger.is_answered() && bench.is_sent_again());
    bench.ledger.sent(0);
    assert_eq!(bench.reply(json!({"signed_claim": B})), Expected);
    assert_eq!((bench.verdict(), bench.values()), (Some(&Verdict::Signed), vec![B.to_owned()]));
    assert!(!bench.is_open() && bench.ledger.is_answered());
    assert_eq!(bench.reply(json!({"signed_claim": A})), Repeated);
    assert_eq!(bench.values(), [B]);
}

/// A refusal ends its request at once, and so does what cannot be used; while the run goes on a signature replaces it.
#[test]
fn a_signature_replaces_what_is_none() {
    for first in [
        json!({"errors": ["busy"], "signing_status": "failed"}),
        json!({"signed_claim": "None"}),
        json!({"signed_claim": A, "repo": "ns/b"}),
    ] {
        let mut bench = Bench::new(1);
        assert_eq!(bench.reply(first.clone()), Expected);
        assert!(!bench.is_open() && !bench.is_sent_again());
        for adds_nothing in [
            first.clone(),
            json!({"errors": ["again"]}),
            json!({}),
            json!({"signing_status": "pending"}),
        ] {
            assert_eq!(bench.reply(adds_nothing), Repeated);
        }
        assert_eq!(bench.reply(json!({"signed_claim": B})), Expected);
        assert_eq!((bench.verdict(), bench.values()), (Some(&Verdict::Signed), vec![B.to_owned()]));
        assert!(!bench.is_open());
    }
}

#[test]
fn a_batch_may_be_answered_in_parts() {
    let mut bench = Bench::new(3);
    assert_eq!(bench.signed(&[(1, B)], json!({"n": 1})), Expected);
    assert!(bench.is_open() && bench.ledger.awaits_any() && !bench.is_sent_again());
    assert_eq!(bench.signed(&[(1, A)], json!({})), Repeated, "it adds nothing");
    assert_eq!(bench.signed(&[(0, A)], json!({"n": 2})), Expected);
    assert!(bench.is_open());
    assert_eq!(bench.signed(&[(2, C)], json!({"n": 3})), Expected);
    assert!(!bench.is_open());
    assert_eq!(
        (bench.verdict(), bench.values()),
        (Some(&Verdict::Signed), vec![A.into(), B.into(), C.into()])
    );
    let message = bench.message();
    assert_eq!(message["n"], 3, "the last reply, with the claims of all");
    assert_eq!(message["claims"].as_array().unwrap().len(), 3);
}

/// What has come is then final: it is not waited for, keeps no room from others, and is never sent again.
#[test]
fn a_wait_for_the_rest_ends() {
    let mut bench = Bench::new(3);
    bench.signed(&[(1, B)], json!({}));
    bench.signed(&[(0, A)], json!({}));
    assert_eq!(bench.ledger.outstanding(), 1);
    bench.ledger.end_waits();
    assert_eq!(bench.ledger.outstanding(), 0);
    assert!(!bench.is_open() && !bench.ledger.awaits_any() && !bench.is_sent_again());
    assert_eq!(bench.values(), [A, B, ""]);
    let Some(Verdict::Incomplete { missing }) = bench.verdict() else { panic!() };
    assert_eq!(missing.len(), 1);
    // Something may still come while the run goes on for other requests.
    assert_eq!(bench.signed(&[(2, C)], json!({})), Expected);
    assert_eq!(
        (bench.verdict(), bench.values()),
        (Some(&Verdict::Signed), vec![A.into(), B.into(), C.into()])
    );
}

#[test]
fn a_whole_answer_replaces_a_part() {
    let mut bench = Bench::new(2);
    bench.signed(&[(1, B)], json!({"n": 1}));
    assert_eq!(bench.signed(&[(0, A), (1, C)], json!({"n": 2})), Expected);
    assert_eq!(
        (bench.verdict(), bench.values()),
        (Some(&Verdict::Signed), vec![A.into(), C.into()])
    );
    assert_eq!(bench.message()["claims"].as_array().unwrap().len(), 2);
}

#[test]
fn a_refusal_ends_the_wait_and_keeps_what_is_signed() {
    for refusal in [
        json!({"errors": ["no"], "claims": []}),
        json!({"errors": ["no"]}),
        json!({"errors": ["no"], "repo": "x"}),
    ] {
        let mut bench = Bench::new(2);
        bench.signed(&[(1, B)], json!({}));
        assert_eq!(bench.reply(refusal), Expected);
        assert!(!bench.is_open() && !bench.is_sent_again());
        assert_eq!(bench.verdict(), Some(&Verdict::Refused { errors: vec!["no".to_owned()] }));
        assert_eq!(bench.values(), ["", B]);
    }
}

/// What was for something else does not become right by what comes later.
#[test]
fn a_part_for_another_repository_is_left_out() {
    let mut bench = Bench::new(3);
    assert_eq!(bench.signed(&[(0, A), (1, C)], json!({"repo": "ns/other"})), Expected);
    assert!(matches!(bench.verdict(), Some(Verdict::Unusable { .. })));
    assert_eq!(bench.signed(&[(1, B)], json!({"repo": "ns/a"})), Expected);
    bench.ledger.end_waits();
    assert_eq!(bench.values(), ["", B, ""]);
    assert!(matches!(bench.verdict(), Some(Verdict::Incomplete { .. })));
}

/// The errors of a part stay, unless everything is signed in the end.
#[test]
fn an_error_of_a_part_is_not_forgotten() {
    let mut bench = Bench::new(3);
    bench.signed(&[(0, A)], json!({"errors": ["two failed"], "signing_status": "failed"}));
    assert!(!bench.is_open());
    assert_eq!(bench.signed(&[(1, B)], json!({"errors": []})), Expected);
    bench.ledger.end_waits();
    assert_eq!(bench.verdict(), Some(&Verdict::Refused { errors: vec!["two failed".to_owned()] }));
    assert_eq!(bench.values(), [A, B, ""]);
    assert_eq!(bench.signed(&[(2, C)], json!({"errors": []})), Expected);
    assert_eq!(
        (bench.verdict(), bench.values()),
        (Some(&Verdict::Signed), vec![A.into(), B.into(), C.into()])
    );
}

/// The claim that failed is signed later.
#[test]
fn a_claim_that_failed_may_be_signed_later() {
    let mut bench = Bench::new(2);
    let file = |bench: &Bench, index: usize| claim::claim_file(&bench.images[index]);
    let claims = json!([
        {"claim_file": file(&bench, 0), "signed_claims": {"k": A}},
        {"claim_file": file(&bench, 1), "errors": ["busy"]},
    ]);
    assert_eq!(bench.reply(json!({"claims": claims})), Expected);
    assert!(matches!(bench.verdict(), Some(Verdict::Refused { .. })) && !bench.is_open());
    assert_eq!(bench.signed(&[(1, B)], json!({})), Expected);
    assert_eq!(
        (bench.verdict(), bench.values()),
        (Some(&Verdict::Signed), vec![A.into(), B.into()])
    );
}

/// It decides on that claim; the parts of the others may still be on their way, in any order.
#[test]
fn an_error_of_one_claim_does_not_end_the_wait_for_the_others() {
    for order in [[0, 1, 2], [1, 0, 2], [0, 2, 1]] {
        let mut bench = Bench::new(3);
        for part in order {
            assert!(bench.is_open());
            let file = claim::claim_file(&bench.images[part]);
            let failed = json!({"claims": [{"claim_file": file, "errors": ["no"]}]});
            let kind =
                if part == 1 { bench.reply(failed) } else { bench.signed(&[(part, A)], json!({})) };
            assert_eq!(kind, Expected, "{order:?}");
        }
        assert!(!bench.is_open() && !bench.is_sent_again(), "{order:?}");
        assert!(matches!(bench.verdict(), Some(Verdict::Refused { .. })), "{order:?}");
        assert_eq!(bench.values(), [A, "", A], "{order:?}");
    }
}

/// Work in progress may bring its results as it gets on; such a batch is not sent again either.
#[test]
fn a_batch_in_progress_brings_parts() {
    let mut bench = Bench::new(2);
    let progress = || json!({"signing_status": "in progress"});
    assert_eq!(bench.signed(&[], progress()), Expected);
    assert!(bench.is_sent_again(), "nothing is signed");
    bench.ledger.sent(0);
    assert_eq!(bench.signed(&[(0, A)], progress()), Expected);
    assert_eq!(bench.signed(&[(1, B)], progress()), Expected);
    assert!(bench.is_open() && !bench.is_sent_again());
    assert!(matches!(bench.verdict(), Some(Verdict::Pending { .. })));
    assert_eq!(bench.signed(&[], json!({"signing_status": "success"})), Expected);
    assert!(!bench.is_open());
    assert_eq!(
        (bench.verdict(), bench.values()),
        (Some(&Verdict::Signed), vec![A.into(), B.into()])
    );
}

/// Each part costs no more than itself, until all are joined.
#[test]
fn many_parts_are_not_quadratic() {
    let count = 300;
    let mut bench = Bench::new(count);
    for image in 0..count {
        assert_eq!(bench.signed(&[(image, A)], json!({})), Expected);
    }
    assert_eq!(bench.verdict(), Some(&Verdict::Signed));
    assert_eq!(bench.message()["claims"].as_array().unwrap().len(), count);
}
