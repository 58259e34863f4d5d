//! Copies of courses.

use database::Tx;
use kernel::{CourseId, Result};

use crate::{
    chapter::{self, Chapter},
    course::{self, Course, NewCourse},
    lesson::{self, Lesson},
    permission,
    tree::{self, TreeChapter},
};

/// Copies a course into a new draft of the caller's. Nothing in the copy is published; editors, attachments and learners are not
/// copied.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`].
pub async fn duplicate_course(tx: &Tx, id: CourseId) -> Result<Course> {
    permission::lock_editable(tx, id).await?;
    let tree = tree::course_tree(tx, id).await?;
    // What is copied was cleaned when it was written.
    let copy = course::insert(tx, draft(tree.course)).await?.value;
    let mut chapters = tree.chapters;
    for TreeChapter { chapter, lessons, .. } in &mut chapters {
        *chapter = Chapter {
            id: tx.new_id(),
            course_id: copy,
            is_published: false,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
            ..chapter.clone()
        };
        for (lesson, _) in lessons {
            *lesson = Lesson {
                id: tx.new_id(),
                course_id: copy,
                chapter_id: chapter.id,
                is_published: false,
                version: 1,
                created_at: tx.now(),
                updated_at: tx.now(),
                ..lesson.clone()
            };
        }
    }
    let rows: Vec<_> = chapters.iter().map(|tree| (&tree.chapter, &tree.body)).collect();
    chapter::store::insert_all(tx, &rows).await?;
    let lessons = chapters.iter().flat_map(|tree| &tree.lessons);
    let rows: Vec<_> = lessons.map(|(lesson, body)| (lesson, body)).collect();
    lesson::store::insert_all(tx, &rows).await?;
    course::by_id(tx, copy).await
}

fn draft(original: Course) -> NewCourse {
    NewCourse {
        title: original.title,
        description: original.description,
        content: original.content,
        content_format: original.content_format,
        image_url: original.image_url,
        image_id: original.image_id,
        preview_video_url: original.preview_video_url,
        preview_video_asset_id: original.preview_video_asset_id,
        duration: original.duration,
        difficulty: original.difficulty,
        price: original.price,
        discount_price: original.discount_price,
        category_ids: original.categories.iter().map(|category| category.id).collect(),
    }
}
