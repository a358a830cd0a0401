//! The trace that requests belong to: W3C Trace Context, level 1.

use crate::error::{Argument, Error, printable};

/// The trace that requests belong to, as `traceparent` and `tracestate` of W3C's Trace Context (level 1) name it.
///
/// Each request carries both as application properties: the trace's id, a span of its own, whether the trace is sampled,
/// and the state as it is.
///
/// ```
/// use amqp_messenger::signing::TraceContext;
///
/// let trace = TraceContext::new("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")?;
/// assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// # Ok::<(), amqp_messenger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: Box<str>,
    sampled: bool,
    state: Option<Box<str>>,
}

/// The longest state that every participant passes on (section 3.3.1.5).
const LONGEST_STATE: usize = 512;

impl TraceContext {
    /// Reads a `traceparent`. Of a version after 00 it reads what version 00 has (section 4.3).
    ///
    /// # Errors
    /// [`Error::Argument`] if it is malformed.
    pub fn new(traceparent: &str) -> Result<Self, Error> {
        read(traceparent).ok_or_else(|| {
            let shown = printable(traceparent);
            let problem = format!(
                "\"{shown}\" is malformed: expected 00, 32 and 16 hex digits in lower case that are not all 0, and 2 more, with hyphens between them"
            );
            Error::argument(Argument::TraceParent, problem)
        })
    }

    /// Adds a `tracestate`, which is passed on as it is; an empty one is none.
    ///
    /// # Errors
    /// [`Error::Argument`] if it is longer than 512 characters, or has one that is not printable ASCII.
    pub fn with_state(self, tracestate: &str) -> Result<Self, Error> {
        let problem = if tracestate.len() > LONGEST_STATE {
            format!("has {} characters: at most {LONGEST_STATE} are passed on", tracestate.len())
        } else if let Some(c) = tracestate.chars().find(|c| !matches!(c, ' '..='~')) {
            format!("holds {c:?}: expected printable ASCII")
        } else {
            let state = Some(tracestate.into()).filter(|_| !tracestate.trim().is_empty());
            return Ok(Self { state, ..self });
        };
        Err(Error::argument(Argument::TraceState, problem))
    }

    /// Returns the id of the trace, 32 hex digits.
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// The properties of a request, which is a span of the trace.
    ///
    /// Its id is the end of the request's: random, and the same if the request is sent again.
    pub(super) fn properties(&self, request_id: &str) -> Vec<(&'static str, String)> {
        let digits: Vec<_> = request_id.chars().filter(char::is_ascii_hexdigit).collect();
        let end = &digits[digits.len().saturating_sub(16)..];
        let span = end.iter().collect::<String>().to_ascii_lowercase();
        // An id of zeros is none.
        let span = if span.bytes().all(|digit| digit == b'0') { "1" } else { &span };
        let (trace, flags) = (&self.trace_id, u8::from(self.sampled));
        let parent = ("traceparent", format!("00-{trace}-{span:0>16}-{flags:02x}"));
        let state = self.state.as_ref().map(|state| ("tracestate", state.to_string()));
        [Some(parent), state].into_iter().flatten().collect()
    }
}

/// `version-traceid-parentid-flags` (section 3.2.2); of the flags only the last has a meaning.
fn read(traceparent: &str) -> Option<TraceContext> {
    let mut fields = traceparent.splitn(5, '-');
    let mut next = |digits| fields.next().filter(|field| is_hex(field, digits));
    let (version, trace_id, parent, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
    let more = fields.next();
    let is_known = match version {
        "ff" => false,
        "00" => more.is_none(),
        _ => true,
    };
    let has_ids = [trace_id, parent].iter().all(|id| id.bytes().any(|digit| digit != b'0'));
    let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
    (is_known && has_ids).then(|| TraceContext { trace_id: trace_id.into(), sampled, state: None })
}

fn is_hex(field: &str, digits: usize) -> bool {
    field.len() == digits && field.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn a_request_is_a_span_of_the_trace() {
        for (parent, flags) in [
            (format!("00-{TRACE}-{SPAN}-01"), "01"),
            (format!("00-{TRACE}-{SPAN}-00"), "00"),
            // Flags that level 1 does not know are not passed on.
            (format!("00-{TRACE}-{SPAN}-ff"), "01"),
            (format!("00-{TRACE}-{SPAN}-02"), "00"),
            (format!("cc-{TRACE}-{SPAN}-01"), "01"),
            (format!("cc-{TRACE}-{SPAN}-01-what-the-future-is"), "01"),
        ] {
            let trace = TraceContext::new(&parent).unwrap();
            assert_eq!(trace.trace_id(), TRACE);
            for (id, span) in [
                ("c0ffee00-1234-4567-89AB-0123456789ab", "89ab0123456789ab"),
                ("7", "0000000000000007"),
                ("00000000-0000-0000-0000-000000000000", "0000000000000001"),
                ("", "0000000000000001"),
            ] {
                let expected = [("traceparent", format!("00-{TRACE}-{span}-{flags}"))];
                assert_eq!(trace.properties(id), expected, "{parent}");
                // What is passed on is well-formed.
                assert!(TraceContext::new(&expected[0].1).is_ok());
            }
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let zeros = "0".repeat(32);
        for parent in [
            String::new(),
            "00".into(),
            TRACE.into(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}-01\n"),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0-{TRACE}-{SPAN}-01"),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-{}-01", &zeros[..16]),
            format!("00-{}-{SPAN}-01", &TRACE[1..]),
            format!("00-{TRACE}0-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{SPAN}-0g"),
            format!("00-{TRACE}-{SPAN}-0é"),
            format!("cc-{TRACE}-{SPAN}-01.future"),
        ] {
            let error = TraceContext::new(&parent).unwrap_err().to_string();
            assert!(
                error.starts_with("traceparent: \"") && error.contains("is malformed"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_state_is_passed_on_as_it_is() {
        let trace = TraceContext::new(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        let state = |state: &str| trace.clone().with_state(state);
        let longest = format!("a={}", "b".repeat(510));
        for good in ["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a@b=c , d=", &longest] {
            let expected = ("tracestate", good.to_owned());
            assert_eq!(state(good).unwrap().properties("7")[1], expected);
        }
        for none in ["", " "] {
            assert_eq!(state(none).unwrap(), trace);
        }
        for (bad, expected) in [
            ("a=é", "tracestate: holds 'é': expected printable ASCII"),
            ("a=b\n", "tracestate: holds '\\n': "),
            (&format!("{longest}b"), "tracestate: has 513 characters: at most 512 are passed on"),
        ] {
            let error = state(bad).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
