//! A map from types to values that only grows, read without lock or guard.
//!
//! ```text
//! root ─► node ─┬─► node     two bits of the type's hash choose the branch;
//!               ├─► node     a node is never moved or removed, so that
//!               └─► …        a reference to its value lasts
//! ```
//!
//! A program has a bounded number of types, so nothing here is ever freed.

use std::any::TypeId;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

pub(crate) struct TypeMap<V> {
    root: Link<V>,
}

type Link<V> = OnceLock<Box<Node<V>>>;

struct Node<V> {
    key: TypeId,
    value: V,
    branches: [Link<V>; 4],
}

impl<V> TypeMap<V> {
    pub(crate) fn new() -> Self {
        Self {
            root: OnceLock::new(),
        }
    }

    /// Returns the value of a type.
    pub(crate) fn get(&self, key: TypeId) -> Option<&V> {
        let mut path = Path::new(key);
        let mut link = &self.root;
        loop {
            let node = link.get()?;
            if node.key == key {
                return Some(&node.value);
            }
            link = &node.branches[path.next()];
        }
    }

    /// Returns what `of_type` makes of the value of a type, and of no other.
    #[inline]
    pub(crate) fn find<'a, T>(
        &'a self,
        key: TypeId,
        of_type: impl Fn(&'a V) -> Option<&'a T>,
    ) -> Option<&'a T> {
        let mut path = Path::new(key);
        let mut link = &self.root;
        loop {
            let node = link.get()?;
            if let Some(value) = of_type(&node.value) {
                return Some(value);
            }
            link = &node.branches[path.next()];
        }
    }

    /// Returns the value of a type, made if need be.
    pub(crate) fn get_or_insert(&self, key: TypeId, make: impl Fn() -> V) -> &V {
        let mut path = Path::new(key);
        let mut link = &self.root;
        loop {
            let node = link.get_or_init(|| Box::new(Node::new(key, make())));
            if node.key == key {
                return &node.value;
            }
            link = &node.branches[path.next()];
        }
    }

    pub(crate) fn for_each(&self, mut visit: impl FnMut(&V)) {
        let mut open = vec![&self.root];
        while let Some(link) = open.pop() {
            if let Some(node) = link.get() {
                visit(&node.value);
                open.extend(&node.branches);
            }
        }
    }
}

impl<V> Node<V> {
    fn new(key: TypeId, value: V) -> Self {
        Self {
            key,
            value,
            branches: [const { OnceLock::new() }; 4],
        }
    }
}

/// The branches to take for one type; when its bits are used up, always the first.
struct Path(u64);

impl Path {
    fn new(key: TypeId) -> Self {
        let mut bits = Bits(0);
        key.hash(&mut bits);
        Self(bits.0)
    }

    fn next(&mut self) -> usize {
        let branch = self.0 & 3;
        self.0 >>= 2;
        branch as usize
    }
}

/// Takes the bits of a type id as they are: they are a hash already.
struct Bits(u64);

impl Hasher for Bits {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
