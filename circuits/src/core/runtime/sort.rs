//! Sorting that is compiled once, and not for each type that is sorted.

/// So many are sorted where they stand; it is what most lists have at most.
const FEW: usize = 20;

/// Sorts by a rank, the least first; equal ones keep their order.
///
/// The sort of the standard library would be compiled for every event that a program has,
/// a thousand lines for each. Here only the moves are.
pub(crate) fn sort_by_rank<T>(items: &mut [T], rank: impl Fn(&T) -> u64) {
    sort(&mut List { items, rank });
}

/// What is to be sorted, without its type.
trait Ranked {
    fn len(&self) -> usize;
    fn rank(&self, at: usize) -> u64;
    fn swap(&mut self, one: usize, other: usize);
}

struct List<'a, T, F> {
    items: &'a mut [T],
    rank: F,
}

impl<T, F: Fn(&T) -> u64> Ranked for List<'_, T, F> {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn rank(&self, at: usize) -> u64 {
        (self.rank)(&self.items[at])
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.items.swap(one, other);
    }
}

fn sort(list: &mut dyn Ranked) {
    let length = list.len();
    if (1..length).all(|at| list.rank(at - 1) <= list.rank(at)) {
        return;
    }
    if length <= FEW {
        return sort_few(list);
    }
    let mut sources: Vec<_> = (0..length).map(|at| (list.rank(at), at)).collect();
    sources.sort_unstable();
    // Each item of a cycle moves to its place; a place that is done is its own source.
    for start in 0..length {
        let mut at = start;
        loop {
            let source = std::mem::replace(&mut sources[at].1, at);
            if source == start {
                break;
            }
            list.swap(at, source);
            at = source;
        }
    }
}

fn sort_few(list: &mut dyn Ranked) {
    for end in 1..list.len() {
        let mut at = end;
        while at > 0 && list.rank(at - 1) > list.rank(at) {
            list.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Ranks priorities, the highest first, in the order of [`f64::total_cmp`].
pub(crate) fn rank_of(priority: f64) -> u64 {
    let bits = priority.to_bits();
    let is_negative = bits >> 63 == 1;
    // Ascending: negative ones are turned round, and stand below the others.
    let ascending = if is_negative { !bits } else { bits | 1 << 63 };
    !ascending
}
