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
}
