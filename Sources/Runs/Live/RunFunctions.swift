/// The functions of the module `host` that belong to a run in progress.
package enum RunFunctions {}
