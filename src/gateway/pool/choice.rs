//! Which target a request goes to: of those in use the one with the least under way; of none in use the
//! least bad one, because an upstream that may be back is better than a certain refusal.

use std::sync::Arc;

use tokio::time::Instant;

use super::health::TargetState;

/// Picks among `targets`, looking from `turn` on so that equals take turns; those in `tried` come last.
/// `None` when there is nothing left to try.
pub(super) fn choose(targets: &[Arc<TargetState>], turn: usize, tried: &[usize]) -> Option<usize> {
    if targets.len() == 1 && tried.is_empty() {
        return Some(0);
    }
    let now = Instant::now();
    let in_turn = (0..targets.len()).map(|step| turn.wrapping_add(step) % targets.len().max(1));
    in_turn
        .filter(|index| !tried.contains(index))
        .filter_map(|index| Some((index, targets.get(index)?)))
        .min_by_key(|(_, target)| (target.out_for(now), target.in_flight()))
        .map(|(index, _)| index)
}
