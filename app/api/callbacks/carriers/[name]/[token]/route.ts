export { answerCarrier as GET, answerCarrier as POST } from '@/server/http/callbacks';
