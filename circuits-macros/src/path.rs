//! The path of the library in generated code: `::circuits`, unless `crate = path` says otherwise.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

/// Where generated code finds the library.
#[derive(Default)]
pub(crate) struct Root(Option<Path>);

impl Root {
    /// The library under the path that the user gave.
    pub(crate) fn new(path: Path) -> Self {
        Self(Some(path))
    }

    /// Tells whether the library writes this about itself.
    pub(crate) fn is_own(&self) -> bool {
        self.0.as_ref().is_some_and(|path| path.is_ident("crate"))
    }

    /// The module with everything that generated code names.
    pub(crate) fn private(&self) -> TokenStream {
        match &self.0 {
            Some(path) => quote!(#path::__private),
            None => quote!(::circuits::__private),
        }
    }
}
