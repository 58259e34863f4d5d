//! What the selects of all stores share.

use kernel::{Cursor, Limit};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, IntoSimpleExpr, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select, Value, sea_query::Expr,
};

/// Keyset pages of a list, newest first.
pub trait NewestFirst: Sized {
    /// Orders by `time` and, where that is the same, by `id`; takes what comes after the cursor, and one row more than the page
    /// shows.
    ///
    /// The position is compared as a row value, `(time, id) < (…, …)`: both databases make one index range of that.
    #[must_use]
    fn newest_first<C: ColumnTrait>(self, time: C, id: C, after: Option<Cursor>, limit: Limit) -> Self;
}

/// Keyset pages of a list, oldest first.
pub trait OldestFirst: Sized {
    /// The same as [`NewestFirst::newest_first`], in the other direction.
    #[must_use]
    fn oldest_first<C: ColumnTrait>(self, time: C, id: C, after: Option<Cursor>, limit: Limit) -> Self;
}

impl<E: EntityTrait> NewestFirst for Select<E> {
    fn newest_first<C: ColumnTrait>(self, time: C, id: C, after: Option<Cursor>, limit: Limit) -> Self {
        self.apply_if(after, |select, after| select.filter(position(time, id).lt(position_of(after))))
            .order_by_desc(time)
            .order_by_desc(id)
            .limit(limit.fetch())
    }
}

impl<E: EntityTrait> OldestFirst for Select<E> {
    fn oldest_first<C: ColumnTrait>(self, time: C, id: C, after: Option<Cursor>, limit: Limit) -> Self {
        self.apply_if(after, |select, after| select.filter(position(time, id).gt(position_of(after))))
            .order_by_asc(time)
            .order_by_asc(id)
            .limit(limit.fetch())
    }
}

fn position<C: ColumnTrait>(time: C, id: C) -> Expr {
    Expr::tuple([time.into_simple_expr(), id.into_simple_expr()])
}

fn position_of(cursor: Cursor) -> Expr {
    Expr::tuple([Expr::val(cursor.time()), Expr::val(cursor.id)])
}

/// A state as it stands in the condition of a partial index. Bound as a value, it would lose that index on PostgreSQL once the plan
/// is generic.
#[must_use]
pub fn literal(state: impl Into<Value>) -> Expr {
    Expr::Constant(state.into())
}
