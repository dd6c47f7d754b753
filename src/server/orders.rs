//! What a connection is told from outside. Hearing it costs a load: nobody's task keeps a timer or a place in
//! a queue for the few times in its life that it is told something.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Waker;

/// What a connection is told. Later ones outweigh earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Nothing.
    Stay,
    /// To give its buffers back until something comes, if nothing is under way.
    Rest,
    /// To end after what is under way.
    Finish,
    /// To end at once.
    Leave,
}

impl Order {
    const ALL: [Self; 4] = [Self::Stay, Self::Rest, Self::Finish, Self::Leave];
}

/// The orders of one connection.
#[derive(Debug, Default)]
pub struct Orders {
    order: AtomicU8,
    waker: Mutex<Option<Waker>>,
}

impl Orders {
    /// Tells it, unless it was told something weightier.
    pub fn tell(&self, order: Order) {
        let before = self.order.fetch_max(order as u8, Ordering::AcqRel);
        if before < order as u8
            && let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner)
        {
            waker.wake_by_ref();
        }
    }

    /// Has this task woken by orders to come. To be called before the first [`Self::heard`].
    pub fn listen(&self, waker: &Waker) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }

    /// What it was told.
    pub fn heard(&self) -> Order {
        let order = self.order.load(Ordering::Acquire);
        Order::ALL.get(usize::from(order)).copied().unwrap_or(Order::Leave)
    }

    /// Does away with an order to rest, heeded or not.
    pub fn rested(&self) {
        let (rest, stay) = (Order::Rest as u8, Order::Stay as u8);
        let _ = self.order.compare_exchange(rest, stay, Ordering::AcqRel, Ordering::Acquire);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weightier_order_stands() {
        let orders = Orders::default();
        assert_eq!(orders.heard(), Order::Stay);
        orders.tell(Order::Rest);
        assert_eq!(orders.heard(), Order::Rest);
        orders.rested();
        assert_eq!(orders.heard(), Order::Stay);
        orders.tell(Order::Leave);
        orders.tell(Order::Finish);
        orders.rested();
        assert_eq!(orders.heard(), Order::Leave);
    }
}
