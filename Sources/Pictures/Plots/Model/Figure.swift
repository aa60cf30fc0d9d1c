import Scripting

/// What plot functions return: panels in rows, ready to be saved or shown. Never changed once made.
public final class Figure: ScriptObject {
    public static let type = ObjectType("figure")

    let panels: [Panel]
    let columns: Int
    /// How wide the columns are in proportion; empty for what suits the panels.
    let shares: [Double]
    /// Over all panels; empty for none.
    let title: String

    init(_ panels: [Panel], columns: Int = 1, shares: [Double] = [], title: String = "") {
        self.panels = panels
        self.title = title
        self.shares = shares
        self.columns = max(columns, 1)
    }

    public var scriptType: ObjectType { Figure.type }
}
