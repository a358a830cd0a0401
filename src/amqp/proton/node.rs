//! What a link is attached to at the broker.
#![allow(unsafe_code)]

use std::ffi::{CString, NulError};

use proton_sys::*;

/// An address, and what it has to be at the broker: a capability of the source or target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) address: &'a str,
    pub(crate) capability: Option<&'static str>,
}

impl Node<'_> {
    /// Writes it into a source or target.
    ///
    /// # Errors
    /// An address with an interior NUL, which C cannot hold.
    ///
    /// # Safety
    /// The terminus is live.
    pub(super) unsafe fn put(&self, terminus: *mut pn_terminus_t) -> Result<(), NulError> {
        let address = CString::new(self.address)?;
        // SAFETY: by the caller; the texts are copied.
        unsafe {
            pn_terminus_set_address(terminus, address.as_ptr());
            if let Some(symbol) = self.capability {
                let symbol = pn_bytes_t { size: symbol.len(), start: symbol.as_ptr().cast() };
                pn_data_put_symbol(pn_terminus_capabilities(terminus), symbol);
            }
        }
        Ok(())
    }
}
