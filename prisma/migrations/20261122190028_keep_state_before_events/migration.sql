-- AlterTable
ALTER TABLE "events" ADD COLUMN     "before" json;
