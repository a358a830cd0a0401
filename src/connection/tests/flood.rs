//! A broker that always sends something.

use super::*;

/// Always has a byte to read; each takes this long.
struct Floods {
    now: Cell<Instant>,
    each: Duration,
    reads: u32,
}

impl Wire for Floods {
    fn now(&self) -> Instant {
        self.now.get()
    }

    fn read(&mut self, _buffer: &mut [u8]) -> Result<Turn, Fault> {
        self.reads += 1;
        assert!(self.reads < 1000, "it reads forever");
        self.now.set(self.now.get() + self.each);
        Ok(Turn::Done(1))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Turn, Fault> {
        Ok(Turn::Done(bytes.len()))
    }

    fn wait(&mut self, _: Readiness, _: Instant) -> Result<(), Error> {
        Ok(())
    }

    fn shutdown(&mut self) {}
}

/// A session that never gets ready, on a wire that always has something to read.
fn flooded(each: Duration) -> Pump<Script, Floods> {
    let session = Script { events: VecDeque::new(), output: vec![], input: [0] };
    Pump::new(session, Floods { now: Cell::new(Instant::now()), each, reads: 0 })
}

/// What has arrived is read, but neither endlessly often nor endlessly long.
#[test]
fn after_a_deadline_a_flood_is_read_for_a_limited_time() {
    for (each, most) in [(Duration::ZERO, 64), (Duration::from_millis(100), 6)] {
        let mut pump = flooded(each);
        let passed = Deadline::after(pump.now(), Duration::ZERO, Phase::Reply);
        assert!(matches!(pump.step(&passed), Ok(Step::Nothing)));
        assert!((2..=most).contains(&pump.wire.reads), "{} of {most}", pump.wire.reads);
        // Looking again at the same deadline reads no more.
        let before = pump.wire.reads;
        assert!(matches!(pump.step(&passed), Ok(Step::Nothing)));
        assert_eq!(pump.wire.reads, before);
    }
}

#[test]
fn an_attempt_ends_with_its_deadline_however_much_comes() {
    let Pump { session, wire, .. } = flooded(Duration::from_millis(100));
    let start = wire.now();
    let deadline = Deadline::after(start, Duration::from_secs(3), Phase::Open);
    let opened = Connection::open("b".into(), false, session, wire, &deadline);
    let Err(Failure::OfBroker(error)) = opened else { panic!("it opens") };
    assert_eq!(error.to_string(), "b: attach: no answer within 3 s");
}
