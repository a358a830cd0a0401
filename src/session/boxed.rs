//! A session of any protocol.

use std::time::Instant;

use super::{Event, Known, Session};
use crate::{
    broker::{HandOver, ReplyId, Settlement},
    error::Phase,
    signing::Request,
};

impl Session for Box<dyn Session> {
    fn input(&mut self) -> &mut [u8] {
        (**self).input()
    }

    fn input_done(&mut self, count: usize) {
        (**self).input_done(count);
    }

    fn input_ended(&mut self) {
        (**self).input_ended();
    }

    fn output(&mut self) -> &[u8] {
        (**self).output()
    }

    fn output_done(&mut self, count: usize) {
        (**self).output_done(count);
    }

    fn holds_back(&self) -> bool {
        (**self).holds_back()
    }

    fn tick(&mut self, now: Instant) -> Option<Instant> {
        (**self).tick(now)
    }

    fn next_event(&mut self) -> Option<Event> {
        (**self).next_event()
    }

    fn phase(&self) -> Phase {
        (**self).phase()
    }

    fn is_anonymous(&self) -> bool {
        (**self).is_anonymous()
    }

    fn known(&self) -> Known {
        (**self).known()
    }

    fn presumed(&self) -> Option<String> {
        (**self).presumed()
    }

    fn send(&mut self, entry: usize, request: &Request) -> HandOver {
        (**self).send(entry, request)
    }

    fn idle(&mut self) {
        (**self).idle();
    }

    fn settle(&mut self, reply: ReplyId, settlement: Settlement<'_>) {
        (**self).settle(reply, settlement);
    }

    fn next_reply(&self) -> u64 {
        (**self).next_reply()
    }

    fn has_missed_replies(&self) -> bool {
        (**self).has_missed_replies()
    }

    fn outlasts_connection(&self) -> bool {
        (**self).outlasts_connection()
    }

    fn close(&mut self, stays: bool) {
        (**self).close(stays);
    }
}
