use database::Tx;
use kernel::{CourseId, Result};

use crate::{Chapter, Course, Lesson, NewCourse, TreeChapter, course, store, tree};

/// Makes a draft of the caller's with everything that another course of theirs teaches; nothing in it is published, and its
/// editors, attachments and learners stay with the first.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`].
pub async fn duplicate_course(tx: &Tx, id: CourseId) -> Result<Course> {
    course::managed(tx, id).await?;
    let tree = tree::course_tree(tx, id).await?;
    let copy = course::insert(tx, draft(tree.course)).await?;
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
    store::chapter::insert_all(tx, copy, &rows).await?;
    let lessons = chapters.iter().flat_map(|tree| &tree.lessons);
    let rows: Vec<_> = lessons.map(|(lesson, body)| (lesson, body)).collect();
    store::lesson::insert_all(tx, copy, &rows).await?;
    course::by_id(tx, copy).await
}

fn draft(original: Course) -> NewCourse {
    NewCourse {
        title: original.title,
        description: original.description,
        content: original.content,
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
