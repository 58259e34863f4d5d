//! The attribute of a test that runs on both databases.

use proc_macro::TokenStream;
use quote::quote;
use syn::{FnArg, ItemFn, parse_macro_input, spanned::Spanned};

/// Runs an async function as two tests, `name::on_sqlite` and `name::on_postgres`.
///
/// The function takes one argument, whose type implements the tests' trait `Fixture`: it is built anew on the database of the
/// test. `App` is a running server, `StripeApp` one that sells through Stripe, and `DatabaseKind` only names the database, for a test
/// that starts servers with settings of its own.
///
/// Other attributes, such as `#[ignore = "…"]`, stand below this one and go to both tests.
#[proc_macro_attribute]
pub fn both_databases(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let function = parse_macro_input!(item as ItemFn);
    expand(&arguments, function).unwrap_or_else(syn::Error::into_compile_error).into()
}

fn expand(arguments: &TokenStream, mut function: ItemFn) -> syn::Result<proc_macro2::TokenStream> {
    let signature = &function.sig;
    if !arguments.is_empty() {
        return Err(syn::Error::new(signature.span(), "both_databases takes no arguments"));
    }
    let mut inputs = signature.inputs.iter();
    let (Some(FnArg::Typed(fixture)), None, Some(_)) = (inputs.next(), inputs.next(), signature.asyncness)
    else {
        let message =
            "a test for both databases is an async function with one argument, for example `app: App`";
        return Err(syn::Error::new(signature.span(), message));
    };
    let (name, fixture) = (&signature.ident, &fixture.ty);
    let (docs, attributes): (Vec<_>, Vec<_>) = std::mem::take(&mut function.attrs)
        .into_iter()
        .partition(|attribute| attribute.path().is_ident("doc") || attribute.path().is_ident("expect"));
    function.attrs = docs;
    Ok(quote! {
        #function

        mod #name {
            use super::*;
            use crate::support::{Fixture as _, DatabaseKind as __DatabaseKind};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #(#attributes)*
            async fn on_sqlite() {
                super::#name(<#fixture>::build(__DatabaseKind::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #(#attributes)*
            async fn on_postgres() {
                super::#name(<#fixture>::build(__DatabaseKind::Postgres).await).await;
            }
        }
    })
}
