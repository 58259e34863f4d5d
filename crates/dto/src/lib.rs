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
//!
//! The other way, for what comes in:
//!
//! ```ignore
//! #[derive(Deserialize, ToSchema, Dto)]
//! #[dto(into = courses::NewLesson, used(content), make(body = Body { content }))]
//! struct CreateLesson {
//!     title: Title,
//!     content: Option<RichText>,
//! }
//! ```
//!
//! Each field goes into the target's field of its name. Fields of the target that have another name, or are made of several fields, stand in
//! `make`, as expressions over the fields in `used`, which are converted already.
//!
//! Both ways, what is in an `Option` or a `Vec` is converted inside it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Field, Fields, GenericArgument, Ident, Path, PathArguments,
    Result, Type, parse_macro_input, spanned::Spanned,
};

/// See the crate's documentation.
#[proc_macro_derive(Dto, attributes(dto))]
pub fn derive(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// What `#[dto(…)]` says of a struct.
#[derive(Default)]
struct Conversion {
    from: Option<Path>,
    into: Option<Path>,
    ignored: Vec<Ident>,
    used: Vec<Ident>,
    made: Vec<(Ident, Expr)>,
}

fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let conversion = conversion(input)?;
    if conversion.from.is_none() && conversion.into.is_none() {
        return Err(Error::new_spanned(&input.ident, "say `#[dto(from = Type)]` or `#[dto(into = Type)]`"));
    }
    let from = conversion.from.as_ref().map(|from| expand_from(input, &conversion, from)).transpose()?;
    let into = conversion.into.as_ref().map(|into| expand_into(input, &conversion, into)).transpose()?;
    Ok(quote!(#from #into))
}

fn expand_from(input: &DeriveInput, conversion: &Conversion, from: &Path) -> Result<TokenStream> {
    let Conversion { ignored, used, .. } = conversion;
    let mut taken = used.clone();
    let mut made = Vec::new();
    for field in fields(input)? {
        let name = field.ident.as_ref();
        match with(field)? {
            Some(with) => made.push(quote!(#name: #with)),
            None => {
                taken.extend(name.cloned());
                let value = converted(&field.ty, quote!(#name));
                made.push(quote!(#name: #value));
            }
        }
    }
    let target = &input.ident;
    // With the span of the type's name, so that the compiler points there for a field that is missing.
    let take = quote_spanned!(from.span()=> let #from { #(#taken,)* #(#ignored: _,)* } = source;);
    let body = quote!(#take Self { #(#made,)* });
    Ok(implementation(quote!(#from), quote!(#target), &body))
}

fn expand_into(input: &DeriveInput, conversion: &Conversion, into: &Path) -> Result<TokenStream> {
    let Conversion { used, made, .. } = conversion;
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for field in fields(input)? {
        let name = field.ident.as_ref();
        names.extend(name);
        values.push(converted(&field.ty, quote!(#name)));
    }
    let given = names.iter().filter(|name| !used.contains(name));
    let made = made.iter().map(|(name, value)| quote!(#name: #value));
    let source = &input.ident;
    let give = quote_spanned!(into.span()=> #into { #(#given,)* #(#made,)* });
    let body = quote! {
        let #source { #(#names,)* } = source;
        #(let #names = #values;)*
        #give
    };
    Ok(implementation(quote!(#source), quote!(#into), &body))
}

fn implementation(source: TokenStream, target: TokenStream, body: &TokenStream) -> TokenStream {
    quote! {
        impl ::core::convert::From<#source> for #target {
            #[expect(clippy::allow_attributes, reason = "generated: most fields convert into themselves")]
            #[allow(clippy::useless_conversion, clippy::map_identity, reason = "generated: most fields convert into themselves")]
            fn from(source: #source) -> Self {
                #body
            }
        }
    }
}

/// `value` as what it becomes: by `into()`, inside of `Option` and `Vec`.
fn converted(field: &Type, value: TokenStream) -> TokenStream {
    let inside = |of: &str| {
        let Type::Path(path) = field else {
            return None;
        };
        let segment = path.path.segments.last().filter(|segment| segment.ident == of)?;
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return None;
        };
        match arguments.args.first()? {
            GenericArgument::Type(inner) => Some(converted(inner, quote!(value))),
            _ => None,
        }
    };
    if let Some(inner) = inside("Option") {
        quote!(#value.map(|value| #inner))
    } else if let Some(inner) = inside("Vec") {
        quote!(#value.into_iter().map(|value| #inner).collect())
    } else {
        quote!(::core::convert::Into::into(#value))
    }
}

fn conversion(input: &DeriveInput) -> Result<Conversion> {
    let mut conversion = Conversion::default();
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
                    conversion.from = Some(meta.value()?.parse()?);
                    Ok(())
                }
                path if path.is_ident("into") => {
                    conversion.into = Some(meta.value()?.parse()?);
                    Ok(())
                }
                path if path.is_ident("ignore") => names(&mut conversion.ignored),
                path if path.is_ident("used") => names(&mut conversion.used),
                path if path.is_ident("make") => meta.parse_nested_meta(|field| {
                    conversion.made.push((field.path.require_ident()?.clone(), field.value()?.parse()?));
                    Ok(())
                }),
                _ => Err(meta.error(
                    "one of `from = Type`, `into = Type`, `ignore(field, …)`, `used(field, …)`, `make(field = value, …)`",
                )),
            }
        })?;
    }
    Ok(conversion)
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
