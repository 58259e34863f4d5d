//! `#[derive(Dto)]`: the conversion of a service's type into the document's, field by field, so that each field is written once.
//!
//! ```ignore
//! #[derive(Serialize, ToSchema, Dto)]
//! #[dto(from = payments::Coupon, ignore(version), used(discount))]
//! struct Coupon {
//!     id: CouponId,
//!     #[dto(with = percent_off(&discount))]
//!     percent_off: Option<i64>,
//! }
//! ```
//!
//! A field takes the source's field of its name, by `into()`, or the value of `with`, an expression over the source's fields. A field
//! of the source that no field takes by its name stands in `ignore`, or in `used` where a `with` uses it; one that was forgotten
//! is refused by the compiler, with its name.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Field, Fields, Ident, Path, Result, parse_macro_input,
    spanned::Spanned,
};

/// See the crate's documentation.
#[proc_macro_derive(Dto, attributes(dto))]
pub fn derive(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// What `#[dto(…)]` says of a struct.
#[derive(Default)]
struct Source {
    from: Option<Path>,
    ignored: Vec<Ident>,
    used: Vec<Ident>,
}

fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Source { from, ignored, used } = source(input)?;
    let from = from.ok_or_else(|| Error::new_spanned(&input.ident, "say `#[dto(from = Type)]`"))?;
    let mut taken = used;
    let mut made = Vec::new();
    for field in fields(input)? {
        let name = field.ident.as_ref();
        match with(field)? {
            Some(with) => made.push(quote!(#name: #with)),
            None => {
                taken.extend(name.cloned());
                made.push(quote!(#name: ::core::convert::Into::into(#name)));
            }
        }
    }
    let target = &input.ident;
    // With the span of the type's name, so that the compiler points there for a field that is missing.
    let take = quote_spanned!(from.span()=> let #from { #(#taken,)* #(#ignored: _,)* } = source;);
    Ok(quote! {
        impl ::core::convert::From<#from> for #target {
            #[expect(clippy::allow_attributes, reason = "generated: most fields convert into themselves")]
            #[allow(clippy::useless_conversion, reason = "generated: most fields convert into themselves")]
            fn from(source: #from) -> Self {
                #take
                Self { #(#made,)* }
            }
        }
    })
}

fn source(input: &DeriveInput) -> Result<Source> {
    let mut source = Source::default();
    for attribute in input.attrs.iter().filter(|attribute| is_ours(attribute)) {
        attribute.parse_nested_meta(|meta| {
            let names = |list: &mut Vec<Ident>| {
                meta.parse_nested_meta(|field| {
                    list.push(field.path.require_ident()?.clone());
                    Ok(())
                })
            };
            match &meta.path {
                path if path.is_ident("from") => {
                    source.from = Some(meta.value()?.parse()?);
                    Ok(())
                }
                path if path.is_ident("ignore") => names(&mut source.ignored),
                path if path.is_ident("used") => names(&mut source.used),
                _ => Err(meta.error("one of `from = Type`, `ignore(field, …)`, `used(field, …)`")),
            }
        })?;
    }
    Ok(source)
}

fn fields(input: &DeriveInput) -> Result<impl Iterator<Item = &Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter()),
            _ => Err(Error::new_spanned(&input.ident, "only structs with named fields")),
        },
        _ => Err(Error::new_spanned(&input.ident, "only structs with named fields")),
    }
}

/// The expression of `#[dto(with = expression)]`.
fn with(field: &Field) -> Result<Option<Expr>> {
    let mut with = None;
    for attribute in field.attrs.iter().filter(|attribute| is_ours(attribute)) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("with") {
                with = Some(meta.value()?.parse()?);
                Ok(())
            } else {
                Err(meta.error("`with = expression`"))
            }
        })?;
    }
    Ok(with)
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident("dto")
}
