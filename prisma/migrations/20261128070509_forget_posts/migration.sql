-- AlterTable
ALTER TABLE "idempotent_answers" ADD COLUMN     "is_forgotten" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "subject_ids" TEXT[] DEFAULT ARRAY[]::TEXT[];
