export { answerResend as POST } from '@/server/http/callbacks';
