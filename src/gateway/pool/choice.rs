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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::gateway::pool::health::test_target;

    const FAILURES: u32 = 2;

    /// Targets with so much under way, and so many failures behind them.
    fn targets(each: &[(usize, u32)]) -> Vec<Arc<TargetState>> {
        let now = Instant::now();
        let target = |(under_way, failures): &(usize, u32)| {
            let target = test_target(FAILURES, Duration::from_secs(60));
            (0..*under_way).for_each(|_| target.enter());
            (0..*failures).for_each(|_| target.failed(now, &std::fmt::Error));
            Arc::new(target)
        };
        each.iter().map(target).collect()
    }

    #[test]
    fn those_left_out_come_after_those_in_use_and_those_tried_not_at_all() {
        let targets = targets(&[(9, 0), (0, FAILURES), (3, 0)]);
        assert_eq!(choose(&targets, 0, &[]), Some(2));
        assert_eq!(choose(&targets, 0, &[2]), Some(0));
        assert_eq!(choose(&targets, 0, &[0, 2]), Some(1));
        assert_eq!(choose(&targets, 0, &[0, 1, 2]), None);
        assert_eq!(choose(&[], 0, &[]), None);
    }

    proptest! {
        #[test]
        fn the_choice_has_the_least_under_way_of_those_in_use(
            each in proptest::collection::vec((0usize..5, 0u32..4), 1..9),
            turn: usize,
        ) {
            let targets = targets(&each);
            let chosen = each[choose(&targets, turn, &[]).unwrap()];
            let in_use = |one: &&(usize, u32)| one.1 < FAILURES;
            if let Some(least) = each.iter().filter(in_use).map(|one| one.0).min() {
                prop_assert!(chosen.1 < FAILURES && chosen.0 == least);
            }
        }
    }
}
