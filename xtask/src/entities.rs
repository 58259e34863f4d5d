//! Writes the sea-orm models of the migrated schema: what sea-orm's generator makes of it, with the types of [`Types`], and with
//! relations named after their columns.

use std::{error::Error, fs, mem, path::Path, process::Command};

use quote::ToTokens;
use sea_orm_codegen::{
    BannerVersion, BigIntegerType, DateTimeCrate, EntityFormat, EntityTransformer, EntityWriterContext,
    WithPrelude, WithSerde,
};
use sea_schema::postgres::{def::TableDef, discovery::SchemaDiscovery};
use syn::{
    Attribute, Expr, ExprLit, Field, Fields, File, Ident, Item, Lit, Meta, Token, Type, parse_quote,
    punctuated::Punctuated,
};

use crate::types::Types;

/// Attributes of a field as a list: `belongs_to, from = "course_id", …`.
type Metas = Punctuated<Meta, Token![,]>;

/// PostgreSQL is the source, since its catalogue knows every type exactly.
pub async fn write(url: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let tables = tables(url).await?;
    let types = Types::of(&tables);
    let statements = tables
        .into_iter()
        .map(|mut table| {
            table.unique_constraints.retain(|constraint| !constraint.is_partial);
            table.write()
        })
        .collect();
    let context = EntityWriterContext::new(
        EntityFormat::Dense,
        WithPrelude::None,
        WithSerde::None,
        false,
        DateTimeCrate::Chrono,
        BigIntegerType::I64,
        None,
        false,
        false,
        false,
        Vec::new(),
        Vec::new(),
        Vec::new(),
        Vec::new(),
        Vec::new(),
        false,
        true,
        BannerVersion::Off,
    );
    fs::create_dir_all(folder)?;
    for file in EntityTransformer::transform(statements)?.generate(&context).files {
        let mut syntax = syn::parse_file(&file.content)?;
        refine(file.name.trim_end_matches(".rs"), &types, &mut syntax)?;
        fs::write(folder.join(&file.name), prettyplease::unparse(&syntax))?;
    }
    let formatted = Command::new("rustfmt")
        .args(["--config-path", "rustfmt.toml"])
        .arg(folder.join("mod.rs"))
        .status()?;
    if formatted.success() { Ok(()) } else { Err("rustfmt failed".into()) }
}

/// Every table that has an entity.
pub async fn tables(url: &str) -> Result<Vec<TableDef>, Box<dyn Error>> {
    let pool = sqlx::PgPool::connect(url).await?;
    let schema = SchemaDiscovery::new(pool, "public").discover().await?;
    // The search index is written and read in each database's own language.
    let without = ["seaql_migrations", "catalogue_search", "catalogue_terms"];
    let has_entity = |table: &TableDef| !without.contains(&table.info.name.as_str());
    Ok(schema.tables.into_iter().filter(has_entity).collect())
}

fn refine(table: &str, types: &Types, file: &mut File) -> Result<(), Box<dyn Error>> {
    let models = file.items.iter_mut().filter_map(|item| match item {
        Item::Struct(model) if model.ident == "Model" => Some(model),
        _ => None,
    });
    for model in models {
        let Fields::Named(fields) = &mut model.fields else {
            continue;
        };
        fields.named = mem::take(&mut fields.named).into_iter().filter(|field| !is_inverse(field)).collect();
        for field in &mut fields.named {
            refine_field(table, types, field)?;
        }
    }
    Ok(())
}

/// Whether a field only says that another table refers to this one: a relation is written once, where its key is.
fn is_inverse(field: &Field) -> bool {
    let Type::Path(path) = &field.ty else {
        return false;
    };
    path.path.segments.iter().any(|segment| segment.ident == "HasMany" || segment.ident == "HasOne")
}

fn refine_field(table: &str, types: &Types, field: &mut Field) -> Result<(), Box<dyn Error>> {
    let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    if let Some(known) = types.get(table, &name) {
        field.ty = typed(&field.ty, syn::parse_str(known)?);
        // The type says it; with it, sea-orm would compare the column with texts alone.
        change_metas(&mut field.attrs, |metas| {
            without(metas, |meta| value(meta, "column_type").is_some() || meta.path().is_ident("nullable"))
        })?;
    } else if is_time(&field.ty) {
        field.ty = typed(&field.ty, parse_quote!(DateTimeUtc));
    }
    // The migrations make the schema: what happens to rows when the other one goes, and which texts are longer, is not said again.
    change_metas(&mut field.attrs, |metas| {
        let is_text = metas.iter().any(|meta| value(meta, "column_type").is_some_and(|kind| kind == "Text"));
        let repeated: &[&str] =
            if is_text { &["column_type", "nullable"] } else { &["on_update", "on_delete"] };
        without(metas, |meta| repeated.iter().any(|name| meta.path().is_ident(name)))
    })?;
    let mut relation = None;
    change_metas(&mut field.attrs, |mut metas| {
        let from = metas.iter().find_map(|meta| value(meta, "from"));
        if let (Some(from), Some(named)) =
            (from, metas.iter_mut().find(|meta| value(meta, "relation_enum").is_some()))
        {
            let name = relation_name(&from);
            let variant = camel(&name);
            *named = parse_quote!(relation_enum = #variant);
            relation = Some(name);
        }
        metas
    })?;
    if let Some(relation) = relation {
        field.ident = Some(Ident::new(&relation, proc_macro2::Span::call_site()));
    }
    Ok(())
}

/// `known`, optional where the generator's type is.
fn typed(generated: &Type, known: Type) -> Type {
    match generated {
        Type::Path(path) if path.path.segments.iter().any(|segment| segment.ident == "Option") => {
            parse_quote!(Option<#known>)
        }
        _ => known,
    }
}

fn is_time(generated: &Type) -> bool {
    generated.to_token_stream().to_string().contains("DateTimeWithTimeZone")
}

/// Changes what `#[sea_orm(…)]` says of a field; an attribute that says nothing more goes.
fn change_metas(
    attributes: &mut Vec<Attribute>,
    mut change: impl FnMut(Metas) -> Metas,
) -> Result<(), Box<dyn Error>> {
    let mut changed = Vec::new();
    for attribute in attributes.drain(..) {
        if !attribute.path().is_ident("sea_orm") {
            changed.push(attribute);
            continue;
        }
        let metas = change(attribute.parse_args_with(Metas::parse_terminated)?);
        if !metas.is_empty() {
            changed.push(parse_quote!(#[sea_orm(#metas)]));
        }
    }
    *attributes = changed;
    Ok(())
}

fn without(metas: Metas, drop: impl Fn(&Meta) -> bool) -> Metas {
    metas.into_iter().filter(|meta| !drop(meta)).collect()
}

/// The text of `name = "text"`.
fn value(meta: &Meta, name: &str) -> Option<String> {
    match meta {
        Meta::NameValue(pair) if pair.path.is_ident(name) => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// `author` for `author_id`; `created_by_user` for `created_by`, which is the column itself. Of a key of several columns, the last
/// one says which it is.
fn relation_name(from: &str) -> String {
    let column = from.trim_matches(['(', ')']).rsplit(", ").next().unwrap_or(from);
    match column.strip_suffix("_id") {
        Some(name) => name.to_owned(),
        None => format!("{column}_user"),
    }
}

fn camel(name: &str) -> String {
    name.split('_').filter_map(|part| Some(part.get(..1)?.to_uppercase() + part.get(1..)?)).collect()
}
