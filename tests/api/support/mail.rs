//! Mails, which the server under test writes into a folder.

use std::path::PathBuf;

use super::App;

impl App {
    /// The newest mail with this subject to this address, and the token of its link.
    pub async fn mail_to(&self, email: &str, subject: &str) -> (String, String) {
        let folder = self.folder.join("outbox");
        super::eventually(&format!("a mail \"{subject}\" to {email}"), || async {
            let mut mails: Vec<PathBuf> =
                std::fs::read_dir(&folder).ok()?.filter_map(|file| Some(file.ok()?.path())).collect();
            mails.sort();
            mails.iter().rev().find_map(|path| {
                let text = std::fs::read_to_string(path).ok()?.replace("=\r\n", "").replace("=3D", "=");
                let found =
                    text.contains(&format!("To: {email}")) && text.contains(&format!("Subject: {subject}"));
                let token = text
                    .split("token=")
                    .nth(1)
                    .map(|rest| rest.split_whitespace().next().unwrap_or_default().to_owned());
                found.then(|| (text, token.unwrap_or_default()))
            })
        })
        .await
    }

    /// All mails that were sent, decoded.
    pub fn sent_mails(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.join("outbox")).into_iter().flatten();
        files
            .filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok())
            .map(|text| text.replace("=\r\n", "").replace("=3D", "="))
            .collect()
    }
}
