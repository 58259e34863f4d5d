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

impl<E: EntityTrait> NewestFirst for Select<E> {
    fn newest_first<C: ColumnTrait>(self, time: C, id: C, after: Option<Cursor>, limit: Limit) -> Self {
        let position = Expr::tuple([time.into_simple_expr(), id.into_simple_expr()]);
        self.apply_if(after, |select, after| {
            let after = Expr::tuple([Expr::val(after.time()), Expr::val(after.id)]);
            select.filter(position.lt(after))
        })
        .order_by_desc(time)
        .order_by_desc(id)
        .limit(limit.fetch())
    }
}

/// A state as it stands in the condition of a partial index. Bound as a value, it would lose that index on PostgreSQL once the plan
/// is generic.
#[must_use]
pub fn literal(state: impl Into<Value>) -> Expr {
    Expr::Constant(state.into())
}
