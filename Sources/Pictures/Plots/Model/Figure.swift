import Scripting

/// The result of plot functions: panels in rows, to be saved or shown. Immutable.
public final class Figure: ScriptObject {
    /// What scripts see as its type: `figure`.
    public static let type = ObjectType("figure")

    let panels: [Panel]
    let columns: Int
    /// The relative widths of the columns; empty for widths that suit the panels.
    let shares: [Double]
    /// The title above all panels; empty for none.
    let title: String

    init(_ panels: [Panel], columns: Int = 1, shares: [Double] = [], title: String = "") {
        self.panels = panels
        self.title = title
        self.shares = shares
        self.columns = max(columns, 1)
    }

    public var scriptType: ObjectType { Figure.type }
}
