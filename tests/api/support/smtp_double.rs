//! A double of a mail server that does with each recipient what their address says: `slow@…` waits for ever, `gone@…` is refused for
//! good, `full@…` for now, and everybody else gets their mail.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What the server heard: the envelopes' recipients as they were named, and the mails.
#[derive(Clone, Default)]
pub struct SmtpDouble {
    pub port: u16,
    recipients: Arc<Mutex<Vec<String>>>,
    mails: Arc<Mutex<Vec<String>>>,
}

impl SmtpDouble {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let double = Self { port: listener.local_addr().unwrap().port(), ..Self::default() };
        let accepting = double.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let double = accepting.clone();
                tokio::spawn(async move { drop(double.serve(stream).await) });
            }
        });
        double
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// How often a mail to this recipient was begun.
    pub fn tries(&self, recipient: &str) -> usize {
        self.recipients.lock().unwrap().iter().filter(|known| known.contains(recipient)).count()
    }

    /// The mails that were taken, as they came.
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }

    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (input, mut output) = stream.split();
        let mut lines = BufReader::new(input).lines();
        output.write_all(b"220 double ESMTP\r\n").await?;
        while let Some(line) = lines.next_line().await? {
            let command = line.to_ascii_uppercase();
            let answer = match command.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => "250-double\r\n250 8BITMIME\r\n",
                "RCPT" => {
                    self.recipients.lock().unwrap().push(line.clone());
                    match line.as_str() {
                        slow if slow.contains("<slow") => std::future::pending().await,
                        gone if gone.contains("<gone") => "550 5.1.1 No such mailbox\r\n",
                        full if full.contains("<full") => "452 4.2.2 Mailbox full\r\n",
                        _ => "250 ok\r\n",
                    }
                }
                "DATA" => {
                    output.write_all(b"354 go\r\n").await?;
                    let mut mail = String::new();
                    while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                        mail.push_str(&line);
                        mail.push('\n');
                    }
                    self.mails.lock().unwrap().push(mail);
                    "250 taken\r\n"
                }
                "QUIT" => "221 bye\r\n",
                _ => "250 ok\r\n",
            };
            output.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }
}
