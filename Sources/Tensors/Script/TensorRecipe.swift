import Scripting

extension Variable: HasRecipe {
    /// The tensor is stored in the file under a name of its own.
    public func recipe(_ tensors: any RecipeTensors) throws -> Recipe { .tensor(tensors.name(of: self)) }
}
