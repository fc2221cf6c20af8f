import ArgumentParser

extension Restante {
    /// In the order in which `--help` shows them.
    static let commands: [any ParsableCommand.Type] = [
        Serve.self, Send.self, Listen.self, GroupCommands.self, StatusCommand.self, Cancel.self, Block.self,
        Unblock.self, Blocks.self, Push.self, Key.self, Token.self, Device.self, User.self, Clock.self, Reload.self,
        Backup.self, RestoreCommand.self, Check.self, Migrate.self,
    ]
}
