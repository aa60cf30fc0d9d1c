import Scripting

/// Every optimiser, in the order `luaflow doc optim` lists them. A new one is a file and a line here.
enum Catalogue {
    static let declarations: [Declaration] = [
        SGD.declaration,
        Adam.declaration,
        AdamW.declaration,
        RMSprop.declaration,
        LBFGS.declaration,
    ]

    /// Methods that take a set, or another proximal map.
    static let convex: [Declaration] = [
        ProjectedGradientFunction.declaration,
        FistaFunction.declaration,
        ADMMFunction.declaration,
        DouglasRachfordFunction.declaration,
        MirrorDescentFunction.declaration,
    ]
}
