//! How memory comes from the system and goes back: settings of GNU's C library, of which others know nothing.
#![cfg_attr(target_env = "gnu", allow(unsafe_code))]

/// Keeps each large block of memory in a mapping of its own: one that grows is not copied, and one that is freed goes back
/// to the system. By itself the C library would end that once it has freed a large block. What is between small blocks stays.
pub(super) fn map_large_blocks() {
    #[cfg(target_env = "gnu")]
    // SAFETY: these are only numbers.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
    }
}

/// Lets the memory for many items whose replies are kept come from the system in pages of 2 MiB, if it has them: 10,000
/// images cost 9 % less processor time, and batches of them 13 %. Little is asked for, so that it is used.
pub(super) fn prepare_for(items: usize) {
    #[cfg(target_env = "gnu")]
    {
        let size = items.saturating_mul(OF_ITEM).min(MOST) / PAGE * PAGE;
        if size == 0 {
            return;
        }
        // SAFETY: the block is used only here. The advice is about whole pages in it, and stays when it is free for others.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT);
            let block = libc::aligned_alloc(PAGE, size);
            if !block.is_null() {
                // Without large pages it has small ones.
                libc::madvise(block, size, libc::MADV_HUGEPAGE);
                libc::free(block);
            }
        }
        map_large_blocks();
    }
    #[cfg(not(target_env = "gnu"))]
    let _ = items;
}

/// From this size on a block is large.
#[cfg(target_env = "gnu")]
const LARGE: libc::c_int = 1 << 20;

/// How much may be free at the end of what small blocks are in.
#[cfg(target_env = "gnu")]
const KEPT: libc::c_int = 64 << 20;

/// How many bytes an item and its reply need at least.
#[cfg(target_env = "gnu")]
const OF_ITEM: usize = 2048;

/// The most bytes that are asked for at once.
#[cfg(target_env = "gnu")]
const MOST: usize = 16 << 20;

#[cfg(target_env = "gnu")]
const PAGE: usize = 2 << 20;
