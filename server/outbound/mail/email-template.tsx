import { Body, Button, Container, Head, Heading, Html, Preview, Text, render } from '@react-email/components';
import { composeEmail, type EmailContent, type EmailText } from './email-texts';

/** Renders an email: its subject, HTML and plain text. */
export async function renderEmail(email: EmailContent): Promise<{ subject: string; html: string; text: string }> {
  const text = composeEmail(email);
  const html = await render(<Email text={text} link={email.link} />);
  return { subject: text.subject, html, text: printText(text, email.link) };
}

function printText({ title, lines, rows, button, foot }: EmailText, link: string): string {
  const figures = rows.map(([name, value]) => `${name}: ${value}`).join('\n');
  return `${[title, ...lines, figures, `${button}:\n${link}`, ...foot].filter(Boolean).join('\n\n')}\n`;
}

// Each text sets its colour and its background, so that a mail client with a dark mode changes both. Style sheets, images
// and fonts are not loaded.
const BACKGROUND = '#ffffff';
const TEXT_COLOUR = '#1a1b1e';
const MUTED = '#5c5f66';
const LINE = '#dee2e6';
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif';

const plain = { margin: '0 0 16px', fontSize: '15px', lineHeight: '22px', color: TEXT_COLOUR };
const cell = { padding: '6px 0', borderTop: `1px solid ${LINE}`, fontSize: '14px', lineHeight: '20px' };

function Email({ text, link }: { text: EmailText; link: string }) {
  const { title, lines, rows, button, foot } = text;
  return (
    <Html lang="en">
      <Head>
        <meta name="color-scheme" content="light" />
        <meta name="supported-color-schemes" content="light" />
      </Head>
      <Preview>{lines[0] ?? title}</Preview>
      <Body style={{ margin: 0, padding: '24px 0', backgroundColor: BACKGROUND, color: TEXT_COLOUR, fontFamily: FONT }}>
        <Container
          style={{ maxWidth: '560px', padding: '0 20px', backgroundColor: BACKGROUND, overflowWrap: 'anywhere' }}
        >
          <Heading as="h1" style={{ margin: '0 0 16px', fontSize: '20px', lineHeight: '28px', color: TEXT_COLOUR }}>
            {title}
          </Heading>
          {lines.map((line) => (
            <Text key={line} style={plain}>
              {line}
            </Text>
          ))}
          {rows.length > 0 && (
            <table role="presentation" width="100%" cellPadding={0} cellSpacing={0} style={{ margin: '0 0 20px' }}>
              <tbody>
                {rows.map(([name, value]) => (
                  <tr key={name}>
                    <td style={{ ...cell, width: '38%', paddingRight: '12px', color: MUTED, verticalAlign: 'top' }}>
                      {name}
                    </td>
                    <td style={{ ...cell, color: TEXT_COLOUR }}>{value}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <Button
            href={link}
            style={{
              padding: '10px 16px',
              borderRadius: '6px',
              backgroundColor: TEXT_COLOUR,
              color: BACKGROUND,
              fontSize: '15px',
            }}
          >
            {button}
          </Button>
          <Text style={{ ...plain, margin: '16px 0', fontSize: '13px', lineHeight: '20px', color: MUTED }}>
            Or open this link: <span style={{ color: TEXT_COLOUR, wordBreak: 'break-all' }}>{link}</span>
          </Text>
          {foot.map((line) => (
            <Text key={line} style={{ ...plain, fontSize: '13px', lineHeight: '20px', color: MUTED }}>
              {line}
            </Text>
          ))}
        </Container>
      </Body>
    </Html>
  );
}
