//! Puts the OpenAPI document into the executable as it goes over the wire, tells utoipa which types are ids, and lets the linker write
//! its relocations short.

use std::{
    env, fs,
    io::{Error, Write},
    path::{Path, PathBuf},
    process::Command,
};

fn main() -> Result<(), Error> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| Error::other("cargo names no OUT_DIR"))?);
    pack_document(&out)?;
    // In the document an id is a UUID: no component of its own, no reference.
    let ids = [
        "AnnouncementId",
        "AttachmentId",
        "AuditEntryId",
        "CategoryId",
        "ChapterId",
        "CommentId",
        "ConversationId",
        "CouponId",
        "CourseId",
        "CustomerId",
        "DisputeId",
        "EnrollmentId",
        "FileId",
        "GrantEventId",
        "GrantId",
        "JobId",
        "LessonId",
        "MessageId",
        "ModerationEntryId",
        "MuteId",
        "NotificationId",
        "PaymentId",
        "PostId",
        "ProgressId",
        "PurchaseId",
        "ReceiptId",
        "RedemptionId",
        "RefundId",
        "ReportId",
        "SessionId",
        "ThreadId",
        "UserId",
        "VideoAssetId",
        "WishId",
    ];
    ids.iter().fold(utoipa_config::Config::new(), |config, id| config.alias_for(id, "Uuid")).write_to_file();
    if has_short_relocations() {
        // A tenth of the executable would be relocations otherwise, 24 bytes for each pointer in a constant.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    Ok(())
}

fn pack_document(out: &Path) -> Result<(), Error> {
    let document = "../../openapi/openapi.json";
    println!("cargo::rerun-if-changed={document}");
    pack(&fs::read(document)?, &out.join("openapi.json.gz"))
}

fn pack(plain: &[u8], to: &Path) -> Result<(), Error> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(plain)?;
    fs::write(to, packed.finish()?)
}

/// Whether the C library that the executable will meet reads them: glibc does since 2.36. Where this cannot be known, as when
/// building for another machine, they stay as they always were.
fn has_short_relocations() -> bool {
    let target = env::var("TARGET").unwrap_or_default();
    if !target.ends_with("linux-gnu") || env::var("HOST").is_ok_and(|host| host != target) {
        return false;
    }
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let output = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = output.unwrap_or_default();
    let mut numbers = version.trim().rsplit(' ').next().unwrap_or_default().split('.');
    let mut number = || numbers.next().and_then(|part| part.parse::<u32>().ok());
    matches!((number(), number()), (Some(major), Some(minor)) if (major, minor) >= (2, 36))
}
