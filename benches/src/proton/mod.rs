//! Qpid Proton as a protocol engine, for the broker and for the limit: bytes in, bytes out.
//!
//! Here is the only unsafe code of the benchmarks, besides `system`. The driver owns connection, session, links and deliveries;
//! they live as long as it, except for a delivery, which ends when it is settled. No pointer leaves this module.

mod client;
mod driver;
mod message;
mod server;

pub(crate) use client::Client;
pub(crate) use server::Server;

/// Passes on to the driver.
macro_rules! engine {
    ($side:ident, $is_server:literal) => {
        impl crate::connection::Engine for $side {
            const IS_SERVER: bool = $is_server;

            fn input(&mut self) -> &mut [u8] {
                self.driver.input()
            }

            fn input_done(&mut self, count: usize) {
                self.driver.input_done(count);
            }

            fn output(&mut self) -> &[u8] {
                self.driver.output()
            }

            fn output_done(&mut self, count: usize) {
                self.driver.output_done(count);
            }

            fn is_finished(&mut self) -> bool {
                self.driver.is_finished()
            }
        }
    };
}
use engine;
